/** The flags that Node Feature Discovery shows of a node, and whether a missing one counts. */
import type { Arch } from '../cpu/feature.ts';
import type { FlagState } from './judge-flags.ts';
import {
  type LabelEvidence,
  NFD_CPUID,
  NFD_CPUID_PREFIX,
  NFD_DENIED,
  NFD_HWCAP,
  NFD_HWCAP_WITNESSES,
  NFD_LABEL_PREFIX,
  NFD_WITNESSES,
} from './nfd-evidence.ts';
import type { NodeParts } from './node-parts.ts';

/** All that NFD says of the flags of one node. */
export interface NfdFlags {
  readonly rows: readonly LabelEvidence[];
  readonly stateOf: (label: string) => FlagState;
  /** There is any flag, as a label or in a NodeFeature. */
  readonly any: boolean;
  /** Two nodes with the same key have the same state of every flag. */
  readonly key: string;
  readonly notes: readonly string[];
}

interface Vocabulary {
  readonly rows: readonly LabelEvidence[];
  readonly witnesses: readonly string[];
  /** Every flag of the rows and of their conditions. */
  readonly flags: readonly string[];
}

const VOCABULARIES: Readonly<Record<Arch, Vocabulary>> = {
  amd64: vocabulary(NFD_CPUID, NFD_WITNESSES),
  arm64: vocabulary(NFD_HWCAP, NFD_HWCAP_WITNESSES),
};

/** Names in a note. */
const NAMED = 8;

const BY_DEFAULT =
  "a missing label counts as a missing flag: NFD's labels are taken to be made with its default list of flags without a label, which nothing here contradicts";

/**
 * What NFD shows. A NodeFeature object holds every flag; labels lack those of NFD's deny list. Missing flags count only where the flags of
 * every CPU are there, and, for labels, none that NFD denies by default: else the list is filtered by a configuration that is not known.
 */
export function nfdFlags(parts: NodeParts, arch: Arch): NfdFlags {
  const { rows, witnesses, flags } = VOCABULARIES[arch];
  const { odd, labelled } = labelledFlags(parts);
  const listed = parts.flags;
  const listComplete = listed !== null && witnesses.every((flag) => listed.has(flag));
  const labelsComplete =
    witnesses.every((flag) => labelled.has(flag)) && (arch !== 'amd64' || ![...NFD_DENIED].some((flag) => labelled.has(flag)));
  const untrusted = whyUntrusted(arch, labelled);
  const stateOf = (flag: string): FlagState => {
    const label = `${NFD_CPUID_PREFIX}${flag}`;
    if (odd.has(flag)) return { kind: 'unknown', source: `the label ${label} has a value that NFD never gives it` };
    if (listed?.has(flag) === true) return { kind: 'shown', source: `NodeFeature: flag ${flag}` };
    if (labelled.has(flag)) {
      return listComplete
        ? { kind: 'unknown', source: `there is a label ${label}, but the NodeFeature lacks the flag` }
        : { kind: 'shown', source: `label ${label}` };
    }
    if (listComplete) return { kind: 'hidden', source: `NodeFeature: no flag ${flag}` };
    if (arch === 'amd64' && NFD_DENIED.has(flag)) {
      return { kind: 'unknown', source: `NFD makes no label of the flag ${flag} unless it is configured to` };
    }
    return labelsComplete
      ? { kind: 'hidden', source: `no label ${label}` }
      : { kind: 'unknown', source: `no label ${label}, which proves nothing: ${untrusted}` };
  };
  const any = labelled.size > 0 || (listed?.size ?? 0) > 0;
  return {
    rows,
    stateOf,
    any,
    key:
      flags.map((flag) => keyOf(odd.has(flag), listed?.has(flag) === true, labelled.has(flag))).join('') +
      listComplete +
      labelsComplete,
    notes: [
      ...(odd.size > 0 ? [`labels of NFD with a value other than true, which prove nothing: ${some([...odd])}`] : []),
      ...(arch === 'amd64' && any && labelsComplete && !listComplete ? [BY_DEFAULT] : []),
    ],
  };
}

function labelledFlags({ labels, contradicted }: NodeParts): {
  readonly odd: ReadonlySet<string>;
  readonly labelled: ReadonlySet<string>;
} {
  const labelled = new Set<string>();
  const odd = new Set<string>();
  for (const [name, value] of labels) {
    if (!name.startsWith(NFD_CPUID_PREFIX)) continue;
    const flag = name.slice(NFD_CPUID_PREFIX.length);
    // AVX10_VERSION and what other architectures have are numbers or text of no feature.
    if (value === 'true') labelled.add(flag);
    else if (FLAGS.has(flag)) odd.add(flag);
  }
  for (const name of contradicted) {
    const flag = name.startsWith(NFD_CPUID_PREFIX) ? name.slice(NFD_CPUID_PREFIX.length) : '';
    if (FLAGS.has(flag)) odd.add(flag);
  }
  return { odd, labelled };
}

function whyUntrusted(arch: Arch, labelled: ReadonlySet<string>): string {
  if (labelled.size === 0) return 'the node has no label of a CPU flag';
  const witness = VOCABULARIES[arch].witnesses.find((flag) => !labelled.has(flag));
  if (witness === undefined) return 'NFD is configured to make labels that it does not make by default';
  return `${NFD_LABEL_PREFIX}cpu-cpuid.${witness} is missing too, which every CPU has, so the labels are filtered or of an NFD before v0.12`;
}

function keyOf(odd: boolean, listed: boolean, labelled: boolean): string {
  return String((odd ? 4 : 0) + (listed ? 2 : 0) + (labelled ? 1 : 0));
}

function vocabulary(rows: readonly LabelEvidence[], witnesses: readonly string[]): Vocabulary {
  const flags = new Set([...rows.flatMap((row) => [row.label, ...(row.absentWith ?? []).flat()]), ...witnesses]);
  return { rows, witnesses, flags: [...flags] };
}

const FLAGS: ReadonlySet<string> = new Set(Object.values(VOCABULARIES).flatMap(({ flags }) => flags));

function some(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}
