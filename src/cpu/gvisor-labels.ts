/**
 * Labels of a Kubernetes node in gVisor's own words: what a restore asks of a CPU, complete and exact.
 *
 * `ckpt host labels` writes them as a feature file of Node Feature Discovery (NFD), `ckpt affinity --labels gvisor` asks for them, and a
 * node that carries them is a host again.
 *
 * @see NFD source/local/local.go (feature files), pkg/apis/nfd/validate/validate.go: Label (sub-namespaces of
 *   feature.node.kubernetes.io are allowed), at commit 76e6cc8cc (2026-07-30)
 */
import type { Arch, Presence } from './feature.ts';
import { featureNamed, featuresOf } from './feature-names.ts';
import { XSAVE_COMPONENTS } from './xsave.ts';

/** What stands before the name of every label. NFD accepts it without configuration. */
export const LABEL_NAMESPACE = 'ckpt.feature.node.kubernetes.io';

/** The meaning of the labels below; labels of another version are not read. */
const VOCABULARY = 'v1';

/** Names of the single facts, without the namespace. */
export const LABEL = {
  /** `v1`. A node with it carries all labels of this table that its description decides. */
  vocabulary: 'vocabulary',
  /** YYYYMMDD: every feature that gVisor compares since that date or earlier is decided: no label means absent. */
  featuresThrough: 'features-through',
  /** `amd64` or `arm64`. */
  arch: 'arch',
  /** Bytes (amd64). */
  cacheLine: 'cache-line',
  /** CPUID leaf 0xD EDX:EAX, `0x2e7` (amd64). */
  xcr0: 'xcr0',
  /** Bits of XCR0 that are proven set and clear (amd64). */
  xcr0Set: 'xcr0.set',
  xcr0Clear: 'xcr0.clear',
  /** States that the operating system has certainly not enabled (amd64). */
  statesNotEnabled: 'states-not-enabled',
  /** `true` or `false`: whether runsc uses XSAVE (amd64). */
  useXsave: 'use-xsave',
  /** MXCSR bits that FXRSTOR accepts (amd64). */
  mxcsrMask: 'mxcsr-mask',
  /** Bytes. */
  pageSize: 'page-size',
  /** `runsc --version`, with `_` for `~`. */
  runscVersion: 'runsc-version',
} as const;

/** What the labels carry. A null is a fact that the description of the host does not decide. */
export interface GvisorLabelFacts {
  readonly arch: Arch;
  /** Every feature of gVisor's table for the architecture, by gVisor name. */
  readonly features: ReadonlyMap<string, Presence>;
  /** Bytes. */
  readonly cacheLine: number | null;
  readonly xcr0: bigint | null;
  readonly xcr0Known: { readonly set: bigint; readonly clear: bigint };
  readonly statesNotEnabled: bigint;
  readonly useXsave: boolean | null;
  readonly mxcsrMask: number | null;
  /** Bytes. */
  readonly pageSize: number | null;
  readonly runscVersion: string | null;
}

/** Full name of the label of a fact. */
export function labelName(fact: string): string {
  return `${LABEL_NAMESPACE}/${fact}`;
}

/** Full name of the label of a feature: `true` where it is present, `unknown` where that is not known; no label where it is absent. */
export function featureLabel(name: string): string {
  return labelName(`cpu.${name}`);
}

/** Full name of the label of a state component: `true` where XCR0 has it and the kernel is not known to have left it out. */
export function xstateLabel(bit: number): string {
  return labelName(`xstate.${XSAVE_COMPONENTS.find((component) => component.bit === bit)?.name ?? `bit-${bit}`}`);
}

/** Full name of the label of an MXCSR bit that not every CPU accepts: `true` where the host accepts it. */
export function mxcsrLabel(bit: number): string {
  return labelName(`mxcsr.bit-${bit}`);
}

/** A version of runsc as the value of a label, or null when it cannot be one. */
export function versionLabelValue(version: string): string | null {
  return version.includes('_') ? null : labelValue(version.replaceAll('~', '_'));
}

/** The labels of a host, full name and value, in a fixed order: single facts, states, features in feature-number order, the mark. */
export function encodeGvisorLabels(facts: GvisorLabelFacts): (readonly [name: string, value: string])[] {
  const { arch, features } = facts;
  const labels: (readonly [string, string])[] = [];
  const add = (name: string, value: string | null): void => {
    if (value !== null) labels.push([name, value]);
  };
  add(labelName(LABEL.featuresThrough), newestFeature(arch));
  add(labelName(LABEL.arch), arch);
  if (arch === 'amd64') {
    const { set, clear } = facts.xcr0Known;
    add(labelName(LABEL.cacheLine), decimal(facts.cacheLine));
    add(labelName(LABEL.useXsave), facts.useXsave === null ? null : String(facts.useXsave));
    add(labelName(LABEL.xcr0), facts.xcr0 === null ? null : hex(facts.xcr0));
    add(labelName(LABEL.xcr0Set), hex(set));
    add(labelName(LABEL.xcr0Clear), hex(clear));
    add(labelName(LABEL.statesNotEnabled), facts.statesNotEnabled === 0n ? null : hex(facts.statesNotEnabled));
    for (const bit of bitsOf(set & ~facts.statesNotEnabled)) add(xstateLabel(bit), 'true');
    const mask = facts.mxcsrMask;
    add(labelName(LABEL.mxcsrMask), mask === null ? null : hex(BigInt(mask)));
    for (const bit of bitsOf(BigInt(mask ?? 0) & ~MXCSR_BASELINE)) add(mxcsrLabel(bit), 'true');
  }
  add(labelName(LABEL.pageSize), decimal(facts.pageSize));
  add(labelName(LABEL.runscVersion), facts.runscVersion === null ? null : versionLabelValue(facts.runscVersion));
  for (const { name } of featuresOf(arch)) {
    const presence = features.get(name) ?? 'unknown';
    if (presence !== 'absent') add(featureLabel(name), presence === 'present' ? 'true' : 'unknown');
  }
  // Last, so that a file that is cut short does not claim to be complete.
  add(labelName(LABEL.vocabulary), VOCABULARY);
  return labels;
}

/** Names of the single facts that a host of this architecture has and that are not decided, the version of runsc apart. */
export function undecidedFacts({ arch, ...facts }: GvisorLabelFacts): string[] {
  const { set, clear } = facts.xcr0Known;
  const amd64: readonly (readonly [name: string, isOpen: boolean])[] = [
    [LABEL.cacheLine, facts.cacheLine === null],
    [LABEL.useXsave, facts.useXsave === null],
    [LABEL.xcr0, (set | clear) !== ALL_BITS],
    [LABEL.mxcsrMask, facts.mxcsrMask === null],
  ];
  const open = [...(arch === 'amd64' ? amd64 : []), [LABEL.pageSize, facts.pageSize === null] as const];
  return open.filter(([, isOpen]) => isOpen).map(([name]) => name);
}

/** What the labels of a node say, with what in them makes no sense (which then counts as unknown). */
export interface DecodedGvisorLabels {
  readonly facts: GvisorLabelFacts;
  /** Sentences that name the label. */
  readonly problems: readonly string[];
}

/**
 * Reads the labels of a node, by full name; null when the node has none of this vocabulary and version.
 *
 * @param disputed names of labels that are not in `labels` because two descriptions of the node do not agree on them: what they would say is
 * unknown
 */
export function decodeGvisorLabels(
  labels: ReadonlyMap<string, string>,
  disputed: ReadonlySet<string> = new Set(),
): DecodedGvisorLabels | null {
  const problems: string[] = [];
  const read = <T>(fact: string, parse: (value: string) => T | null): T | null => {
    const value = labels.get(labelName(fact));
    if (value === undefined) return null;
    const parsed = parse(value);
    if (parsed === null) problems.push(`the label ${labelName(fact)} has a value that it cannot have: ${JSON.stringify(value)}`);
    return parsed;
  };
  if (labels.get(labelName(LABEL.vocabulary)) !== VOCABULARY) return null;
  const arch = read(LABEL.arch, parseArch);
  if (arch === null) return null;
  const through = read(LABEL.featuresThrough, (value) => (/^\d{8}$/.test(value) ? value : null));
  const features = new Map<string, Presence>();
  for (const { name, comparedSince } of featuresOf(arch)) {
    const value = read(`cpu.${name}`, parsePresence);
    const unsaid =
      !labels.has(featureLabel(name)) && !disputed.has(featureLabel(name)) && through !== null && comparedSince <= through;
    features.set(name, value ?? (unsaid ? 'absent' : 'unknown'));
  }
  problems.push(...namesOfNothing(arch, labels, through));
  const set = read(LABEL.xcr0Set, parseHex) ?? 0n;
  const clear = read(LABEL.xcr0Clear, parseHex) ?? 0n;
  const both = set & clear;
  if (both !== 0n)
    problems.push(`the labels ${labelName(LABEL.xcr0Set)} and ${labelName(LABEL.xcr0Clear)} contradict one another`);
  const xcr0 = read(LABEL.xcr0, parseHex);
  const agrees = xcr0 === null || (xcr0 === set && clear === (ALL_BITS & ~xcr0));
  if (!agrees) problems.push(`the label ${labelName(LABEL.xcr0)} contradicts those of its bits`);
  const amd64 = arch === 'amd64';
  const notEnabled = read(LABEL.statesNotEnabled, parseHex);
  // Without a value of that label, which is there where it says something, no state is known to be enabled.
  const isLost = disputed.has(labelName(LABEL.statesNotEnabled)) || labels.has(labelName(LABEL.statesNotEnabled));
  const statesKnown = agrees && (notEnabled !== null || !isLost);
  return {
    facts: {
      arch,
      features,
      cacheLine: amd64 ? read(LABEL.cacheLine, parseBytes) : null,
      xcr0: amd64 && statesKnown ? xcr0 : null,
      xcr0Known: amd64 && agrees ? { set: statesKnown ? set & ~both : 0n, clear: clear & ~both } : { set: 0n, clear: 0n },
      statesNotEnabled: (amd64 ? notEnabled : null) ?? 0n,
      useXsave: amd64 ? read(LABEL.useXsave, parseBoolean) : null,
      mxcsrMask: amd64 ? read(LABEL.mxcsrMask, parseMask) : null,
      pageSize: read(LABEL.pageSize, parseBytes),
      runscVersion: labels.get(labelName(LABEL.runscVersion))?.replaceAll('_', '~') ?? null,
    },
    problems,
  };
}

const ALL_BITS = 0xffff_ffff_ffff_ffffn;
/** MXCSR bits that every CPU with SSE accepts. */
const MXCSR_BASELINE = 0xffbfn;
const LONGEST_VALUE = 63;

/** Labels of features that this ckpt does not know: of a newer one, or mistyped. */
function namesOfNothing(arch: Arch, labels: ReadonlyMap<string, string>, through: string | null): string[] {
  if (through !== null && through > newestFeature(arch)) return [];
  const prefix = featureLabel('');
  return [...labels.keys()]
    .filter((name) => name.startsWith(prefix) && featureNamed(arch, name.slice(prefix.length)) === undefined)
    .map((name) => `the label ${JSON.stringify(name)} names no feature of gVisor on ${arch}`);
}

function newestFeature(arch: Arch): string {
  const dates = featuresOf(arch).map((feature) => feature.comparedSince);
  return dates.sort().at(-1) ?? '';
}

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function labelValue(text: string): string | null {
  return text.length <= LONGEST_VALUE && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text) ? text : null;
}

function bitsOf(mask: bigint): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function decimal(value: number | null): string | null {
  return value === null ? null : String(value);
}

function parseArch(value: string): Arch | null {
  return value === 'amd64' || value === 'arm64' ? value : null;
}

function parsePresence(value: string): Presence | null {
  return value === 'true' ? 'present' : value === 'unknown' ? 'unknown' : null;
}

function parseBoolean(value: string): boolean | null {
  return value === 'true' ? true : value === 'false' ? false : null;
}

function parseBytes(value: string): number | null {
  return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null;
}

function parseHex(value: string): bigint | null {
  return /^0x[0-9a-f]{1,16}$/.test(value) ? BigInt(value) : null;
}

function parseMask(value: string): number | null {
  return /^0x[0-9a-f]{1,8}$/.test(value) ? Number(value) : null;
}
