/** What the labels of one kind of node prove together. Nodes with the same labels share one. */

import type { Arch, Presence } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import { type DecodedGvisorLabels, decodeGvisorLabels } from '../cpu/gvisor-labels.ts';
import { allBits, known, NO_BITS, unknown } from './facts.ts';
import type { Fact, FeatureFact, Host } from './host.ts';
import { judgeFlags } from './judge-flags.ts';
import { KUBEVIRT_FEATURES } from './kubevirt-evidence.ts';
import { kubevirtFlags } from './kubevirt-flags.ts';
import { requiredByLinux } from './linux-requires.ts';
import { NFD_AVX512 } from './nfd-evidence.ts';
import { type NfdFlags, nfdFlags } from './nfd-flags.ts';
import { modelAttribute } from './node-identity.ts';
import type { NodeParts } from './node-parts.ts';

/** The facts that labels decide; the rest of a Host is each node's own. */
export type NodeFacts = Pick<
  Host,
  | 'features'
  | 'cacheLine'
  | 'xcr0'
  | 'xcr0Known'
  | 'statesNotEnabled'
  | 'mxcsrMask'
  | 'useXsave'
  | 'pageSize'
  | 'hypervisor'
  | 'runscVersion'
  | 'notes'
> & {
  /** The vocabularies that said something, as people call them; empty when none did. */
  readonly vocabularies: readonly string[];
};

const OWN_LABEL = 'label of ckpt';
const NO_LABEL = 'no label says it';
const CONTRADICTED = 'labels of ckpt and those of others contradict one another';
/** Problems and names that notes hold. */
const NAMED = 8;

/** State components that a flag proves to be there (shown) or not enabled (certainly not shown). @see Intel SDM vol. 1, 13.2 and 13.3 */
const STATE_OF_FLAG: readonly (readonly [flags: readonly string[], bits: bigint])[] = [
  [['AVX'], 0x4n],
  [['MPX'], 0x18n],
  [NFD_AVX512, 0xe0n],
  [['AMXTILE'], 0x6_0000n],
];

/** Judges nodes; the answers for labels that were met before are shared, so that ten thousand nodes take little memory. */
export function nodeJudge(): (parts: NodeParts, arch: Arch) => NodeFacts {
  const before = new Map<string, NodeFacts>();
  return (parts, arch) => {
    const nfd = nfdFlags(parts, arch);
    const kubevirt = arch === 'amd64' ? kubevirtFlags(parts) : null;
    const intel = modelAttribute(parts, 'vendor_id') === 'Intel';
    const ownKey = parts.own === null ? '' : JSON.stringify([...parts.labels].filter(([name]) => !name.includes('/cpu-')).sort());
    const contradicted = [...parts.contradicted].join(' ');
    const pageSize = pageSizeOf(parts, null).value;
    const key = [arch, nfd.key, nfd.any, parts.flags === null, intel, kubevirt?.key, ownKey, contradicted, pageSize].join('\n');
    const same = before.get(key);
    if (same !== undefined) return same;
    const own = decodeGvisorLabels(parts.labels, parts.contradicted);
    const facts = factsOf(parts, arch, nfd, kubevirt, own, intel);
    before.set(key, facts);
    return facts;
  };
}

function factsOf(
  parts: NodeParts,
  arch: Arch,
  nfd: NfdFlags,
  kubevirt: ReturnType<typeof kubevirtFlags> | null,
  own: DecodedGvisorLabels | null,
  intel: boolean,
): NodeFacts {
  const intelBareMetal = intel && nfd.stateOf('HYPERVISOR').kind === 'hidden';
  const labelled = nfd.any ? judgeFlags(nfd.rows, { stateOf: nfd.stateOf, intelBareMetal }) : new Map<string, FeatureFact>();
  const offered =
    kubevirt?.any === true
      ? judgeFlags(KUBEVIRT_FEATURES, { stateOf: kubevirt.stateOf, intelBareMetal: false })
      : new Map<string, FeatureFact>();
  const features = new Map<string, FeatureFact>();
  const contradictions: string[] = [];
  const saidOf = (name: string): [told: FeatureFact, exact: Presence | undefined] => [
    together(labelled.get(name), offered.get(name)),
    own?.facts.features.get(name),
  ];
  for (const { name } of featuresOf(arch)) {
    const [told, exact] = saidOf(name);
    const contradicts = exact !== undefined && ![told.presence, 'unknown'].includes(exact) && told.presence !== 'unknown';
    if (contradicts) contradictions.push(name);
    features.set(name, exact === undefined ? told : { presence: exact, source: OWN_LABEL });
  }
  // One of the two is of another machine, or of this one before it was changed: what only one of them says is not known.
  const isOld = contradictions.length > 0;
  for (const { name } of isOld ? featuresOf(arch) : []) {
    const [told, exact] = saidOf(name);
    if (exact !== told.presence)
      features.set(name, { presence: 'unknown', source: `${CONTRADICTED}, as about ${contradictions[0]}; ${told.source}` });
  }
  const { contradicted } = parts;
  const notes = [
    ...nfd.notes,
    ...(kubevirt?.notes ?? []),
    ...(own?.problems ?? []).slice(0, NAMED),
    ...(contradictions.length > 0
      ? [
          `labels of ckpt contradict those of others, and one of them is old, so that only what both say counts: ${contradictions.slice(0, NAMED).join(' ')}; write them again with \`ckpt host labels\``,
        ]
      : []),
    ...(contradicted.size > 0
      ? [`objects of the node do not agree on these labels: ${[...contradicted].slice(0, NAMED).join(' ')}`]
      : []),
  ];
  const vocabularies = [
    ...(own === null ? [] : ['labels of ckpt']),
    ...(nfd.any ? [parts.flags === null ? 'NFD labels' : 'NodeFeature'] : []),
    ...(kubevirt?.any === true ? ['KubeVirt labels'] : []),
  ];
  const states = arch === 'arm64' ? NO_STATES : isOld ? OLD_STATES : own === null ? nfdStates(nfd) : ownStates(own);
  const current = isOld ? null : own;
  return {
    features: arch === 'amd64' ? withRequired(features) : features,
    ...states,
    pageSize: pageSizeOf(parts, current),
    hypervisor: arch === 'amd64' ? hypervisorOf(nfd) : unknown(NO_LABEL),
    runscVersion: versionOf(current),
    notes,
    vocabularies,
  };
}

/** A node of which labels say nothing of these has them all the same: Linux runs on it. */
function withRequired(features: Host['features']): Host['features'] {
  return new Map(
    [...features].map(([name, fact]) => [name, fact.presence === 'unknown' ? (requiredByLinux(name) ?? fact) : fact]),
  );
}

function hypervisorOf({ stateOf }: NfdFlags): Fact<string> {
  const flag = stateOf('HYPERVISOR');
  return flag.kind === 'hidden' ? known('none', flag.source) : unknown(NO_LABEL);
}

/** KubeVirt's answer where NFD has none: it proves presence only. */
function together(nfd: FeatureFact | undefined, kubevirt: FeatureFact | undefined): FeatureFact {
  if (nfd !== undefined && nfd.presence !== 'unknown') return nfd;
  if (kubevirt?.presence === 'present') return kubevirt;
  return nfd ?? kubevirt ?? { presence: 'unknown', source: NO_LABEL };
}

type States = Pick<Host, 'cacheLine' | 'xcr0' | 'xcr0Known' | 'statesNotEnabled' | 'mxcsrMask' | 'useXsave'>;

const NOT_OF_ARM64 = unknown<never>('not a fact of arm64');
const NO_STATES: States = {
  cacheLine: NOT_OF_ARM64,
  xcr0: NOT_OF_ARM64,
  xcr0Known: NO_BITS,
  statesNotEnabled: 0n,
  mxcsrMask: NOT_OF_ARM64,
  useXsave: NOT_OF_ARM64,
};

const NOT_CURRENT = unknown<never>(CONTRADICTED);
const OLD_STATES: States = {
  cacheLine: NOT_CURRENT,
  xcr0: NOT_CURRENT,
  xcr0Known: NO_BITS,
  statesNotEnabled: 0n,
  mxcsrMask: NOT_CURRENT,
  useXsave: NOT_CURRENT,
};

/**
 * What NFD's flags say of XCR0. AVX and AVX-512 flags are there exactly when the kernel has enabled those states; the kernel enables no
 * state of MPX or AMX without the CPUID bit.
 *
 * @see klauspost/cpuid cpuid.go: support; Linux arch/x86/kernel/fpu/xstate.c: fpu__init_system_xstate
 */
function nfdStates({ stateOf }: NfdFlags): States {
  const shown = (flag: string): boolean => stateOf(flag).kind === 'shown';
  const hidden = (flag: string): boolean => stateOf(flag).kind === 'hidden';
  const common = { cacheLine: unknown<number>(NO_LABEL), mxcsrMask: unknown<number>(NO_LABEL) };
  if (hidden('OSXSAVE') && !shown('AVX')) {
    const why = stateOf('OSXSAVE').source;
    return {
      ...common,
      useXsave: known(false, why),
      xcr0: unknown('XSAVE is not enabled'),
      xcr0Known: allBits(0n),
      statesNotEnabled: 0n,
    };
  }
  if (!shown('AVX') && !(shown('OSXSAVE') && shown('XSAVE'))) {
    return { ...common, useXsave: unknown(NO_LABEL), xcr0: unknown(NO_LABEL), xcr0Known: NO_BITS, statesNotEnabled: 0n };
  }
  const avx512 = NFD_AVX512.some(shown);
  let [set, notEnabled] = [0x3n, 0n];
  for (const [flags, bits] of STATE_OF_FLAG) {
    if (flags.some(shown)) set |= bits;
    // AMXTILE is looked at with AVX-512 only.
    else if (flags.every(hidden) && (flags[0] !== 'AMXTILE' || avx512)) notEnabled |= bits;
  }
  const source = shown('AVX') ? stateOf('AVX').source : stateOf('OSXSAVE').source;
  return {
    ...common,
    useXsave: known(true, source),
    xcr0: unknown('labels prove single bits of CPUID leaf 0xd, not the whole'),
    xcr0Known: { set, clear: 0n },
    statesNotEnabled: notEnabled,
  };
}

function ownStates({ facts }: DecodedGvisorLabels): States {
  return {
    cacheLine: ownFact(facts.cacheLine),
    xcr0: ownFact(facts.xcr0),
    xcr0Known: facts.xcr0Known,
    statesNotEnabled: facts.statesNotEnabled,
    mxcsrMask: ownFact(facts.mxcsrMask),
    useXsave: ownFact(facts.useXsave),
  };
}

function ownFact<T>(value: T | null): Fact<T> {
  return value === null ? unknown(NO_LABEL) : known(value, OWN_LABEL);
}

function versionOf(own: DecodedGvisorLabels | null): Fact<string> {
  return own === null ? unknown(NO_LABEL) : ownFact(own.facts.runscVersion);
}

/** Page sizes by the option of the kernel's configuration, of which exactly one is chosen. @see Linux arch/arm64/Kconfig */
const PAGE_SIZES: readonly (readonly [option: string, bytes: number])[] = [
  ['ARM64_4K_PAGES', 4096],
  ['ARM64_16K_PAGES', 16_384],
  ['ARM64_64K_PAGES', 65_536],
];

function pageSizeOf({ attributes }: NodeParts, own: DecodedGvisorLabels | null): Fact<number> {
  const exact = own?.facts.pageSize ?? null;
  if (exact !== null) return known(exact, OWN_LABEL);
  for (const [option, bytes] of PAGE_SIZES) {
    if (attributes.get(`kernel.config/${option}`) === 'y') return known(bytes, `NodeFeature: kernel.config ${option}`);
  }
  return unknown(NO_LABEL);
}
