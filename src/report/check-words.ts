/** Words for the values of a `check`. Total tables: a new value does not compile until it has its words. */

import type { Impact } from '../cpu/feature.ts';
import type { HostSource } from '../host/host.ts';
import type { ReasonCode } from '../restore/reasons.ts';
import type {
  CheckError,
  CheckedImage,
  CheckResult,
  GateOutcome,
  GateResult,
  Relation,
  RulesUsed,
  Verdict,
} from '../restore/result.ts';
import type { Style } from './style.ts';

/** The verdict as the first word of a line. */
export const VERDICT_WORDS = { restorable: 'RESTORABLE', blocked: 'BLOCKED', unknown: 'UNKNOWN' } as const satisfies Record<
  Verdict,
  string
>;

export const OUTCOME_WORDS = {
  pass: 'pass',
  fail: 'FAIL',
  unknown: 'UNKNOWN',
  'not-checked': 'not checked',
  'not-applicable': 'does not apply',
} as const satisfies Record<GateOutcome, string>;

/** How the host looks from the image, over the features that gVisor compares. */
export const RELATION_WORDS = {
  identical: 'the host has exactly the features of the image',
  superset: 'the host has all features of the image, and more',
  subset: 'the host has only a part of the features of the image',
  incompatible: 'the host lacks features of the image and has others that the image lacks',
} as const satisfies Record<Relation, string>;

export const RULES_WORDS = {
  flag: 'as given',
  host: 'the runsc of the host',
  image: 'the runsc that saved the image, as no other is known',
  types: 'dated by the types in the image, as no version is known',
  newest: 'the newest known, as no version is known',
} as const satisfies Record<RulesUsed['from'], string>;

/** Features by what their absence means, the gravest first. */
export const IMPACT_WORDS = {
  instruction: 'instructions that applications execute',
  dynamic: 'decided by the virtual machine or the running kernel',
  os: 'for kernels and hypervisors only',
  performance: 'speed, errata, topology',
} as const satisfies Record<Impact, string>;

export const SOURCE_WORDS = {
  cpuid: 'raw CPUID',
  probe: 'CPUID, read by the probe',
  'dev-cpuid': 'CPUID from /dev/cpu',
  runsc: 'runsc cpu-features',
  cpuinfo: '/proc/cpuinfo',
  profile: 'host profile',
  auxv: 'auxiliary vector',
  instlatx64: 'CPUID dump of InstLatx64 or AIDA64',
  libvirt: 'CPUID of libvirt',
  firecracker: 'CPU configuration of Firecracker',
  lscpu: 'lscpu',
  labels: 'labels of a Kubernetes node',
  model: 'named CPU model',
} as const satisfies Record<HostSource, string>;

export const COMPRESSION_WORDS = {
  none: 'not compressed',
  'flate-best-speed': 'compressed',
} as const satisfies Record<NonNullable<CheckedImage['compression']>, string>;

/** The colour of a verdict or an outcome. */
export function paintVerdict(verdict: Verdict, style: Style): (text: string) => string {
  return verdict === 'restorable' ? style.good : verdict === 'blocked' ? style.bad : style.open;
}

export function paintOutcome(outcome: GateOutcome, style: Style): (text: string) => string {
  if (outcome === 'pass') return style.good;
  if (outcome === 'fail') return style.bad;
  return outcome === 'unknown' ? style.open : style.faint;
}

/** Reasons with which a gate passes on an assumption. */
const ASSUMPTIONS: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1306',
  'CKPT1355',
  'CKPT1377',
  'CKPT1402',
  'CKPT1753',
  'CKPT1912',
]);

/**
 * How far a verdict of `restorable` holds, as `not checked: runsc-version; assumed: page-size`: the gates that more knowledge would
 * answer, and those that passed on an assumption. Empty when there are none.
 */
export function reservations({ gates }: CheckResult): string {
  const open = gates.filter((gate) => gate.outcome === 'not-checked');
  const assumed = gates.filter((gate) => gate.outcome === 'pass' && gate.reasons.some(({ code }) => ASSUMPTIONS.has(code)));
  const named = (words: string, some: readonly GateResult[]): string[] =>
    some.length === 0 ? [] : [`${words}: ${some.map(({ id }) => id).join(', ')}`];
  return [...named('not checked', open), ...named('assumed', assumed)].join('; ');
}

/** What an error is about, and how it was named. */
export function errorSubject(error: CheckError): { readonly kind: string; readonly name: string } {
  if (error.image !== undefined) return { kind: 'image', name: error.image };
  if (error.host !== undefined) return { kind: 'host', name: error.host };
  if (error.spec !== undefined) return { kind: 'spec', name: error.spec };
  return { kind: 'directory', name: error.tree ?? '' };
}

/** The message without the layer that it begins with. */
export function reasonOf({ layer, message }: Pick<CheckError, 'layer' | 'message'>): string {
  return message.startsWith(`${layer}: `) ? message.slice(layer.length + 2) : message;
}
