/** What a person can do about the answers of the gates. */
import type { FeatureSet } from '../cpu/feature-set.ts';
import { generationsWith } from '../cpu/microarchitecture-features.ts';
import type { Host } from '../host/host.ts';
import { fpuAdvice } from './advice-fpu.ts';
import { NEWEST_KNOWN_DATE } from './changes.ts';
import type { ImageFacts } from './image-facts.ts';
import type { AdviceCode, FeatureRef, ReasonCode } from './reasons.ts';
import type { Advice, GateResult, Reason } from './result.ts';
import type { Rules } from './rules.ts';

const ANNOTATION = 'dev.gvisor.internal.cpufeatures';

/** Reasons that the release that saved the image does not have. */
const OTHER_RELEASE: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1002',
  'CKPT1003',
  'CKPT1004',
  'CKPT1005',
  'CKPT1006',
  'CKPT1007',
  'CKPT1101',
  'CKPT1201',
  'CKPT1301',
  'CKPT1302',
  'CKPT1502',
  'CKPT1751',
  'CKPT1752',
  'CKPT1901',
  'CKPT1902',
  'CKPT1903',
  'CKPT1956',
]);

/** Reasons that a better description of the host resolves. */
const HOST_UNKNOWN: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1403',
  'CKPT1602',
  'CKPT1702',
  'CKPT1804',
  'CKPT1805',
  'CKPT1913',
]);

/** Reasons that speak of a changed or damaged image. */
const DAMAGED: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1008',
  'CKPT1102',
  'CKPT1103',
  'CKPT1202',
  'CKPT1921',
  'CKPT1931',
  'CKPT1932',
  'CKPT1933',
]);

/** Short advice that depends on nothing but the presence of a reason. */
const BY_REASON: readonly (readonly [AdviceCode, ReadonlySet<ReasonCode>, string])[] = [
  [
    'CKPT2009',
    new Set<ReasonCode>(['CKPT1001']),
    'restore through the program that holds the key, or save again without one: runsc cannot be given a key',
  ],
  ['CKPT2010', new Set<ReasonCode>(['CKPT1501']), 'choose a host of the architecture of the image'],
  ['CKPT2011', new Set<ReasonCode>(['CKPT1401', 'CKPT1403']), 'boot a kernel with 4 KiB pages, or choose a host that has one'],
  [
    'CKPT2012',
    HOST_UNKNOWN,
    'describe the host better: `ckpt host capture` on it, the probe of `ckpt host probe`, or `cpuid -1 -r`',
  ],
  [
    'CKPT2013',
    new Set<ReasonCode>(['CKPT1303']),
    'say which runsc will restore (`--runsc-version`, or a host profile that records it)',
  ],
  ['CKPT2014', DAMAGED, 'copy the image again and compare, or save it again'],
  [
    'CKPT2016',
    new Set<ReasonCode>(['CKPT1305']),
    'make sure that the same binary saves and restores: the version strings do not show it',
  ],
  [
    'CKPT2017',
    new Set<ReasonCode>(['CKPT1851', 'CKPT1852', 'CKPT1853', 'CKPT1854']),
    'give the new container the root file system and the content of the mounts that the saved one had',
  ],
];

/** Advice about the answers of the gates, in the order of its codes. */
export function adviceFor(image: Partial<ImageFacts>, host: Host, rules: Rules, gates: readonly GateResult[]): Advice[] {
  const reasons = gates.flatMap((gate) => gate.reasons);
  const codes = new Set<ReasonCode>(reasons.map((because) => because.code));
  const advice = [
    ...featureAdvice(image, host, rules, reasons),
    ...fpuAdvice(image, rules, reasons),
    ...releaseAdvice(image, codes),
  ];
  for (const [code, when, message] of BY_REASON) {
    if (code === 'CKPT2012' && !isDescribable(host, reasons)) continue;
    if ([...when].some((reasonCode) => codes.has(reasonCode))) advice.push({ code, message });
  }
  if (rules.newerThanKnown) {
    advice.push({
      code: 'CKPT2015',
      message: `runsc ${rules.release} is newer than the code that the rules were read from (${NEWEST_KNOWN_DATE})`,
    });
  }
  return advice.sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
}

/** Whether a better description could decide something: what raw CPUID leaves open about features is runsc's own doing. */
function isDescribable(host: Host, reasons: readonly Reason[]): boolean {
  return host.cpuid === null || reasons.some(({ code }) => code !== 'CKPT1602' && HOST_UNKNOWN.has(code));
}

function featureAdvice(image: Partial<ImageFacts>, host: Host, rules: Rules, reasons: readonly Reason[]): Advice[] {
  const missing = reasons.flatMap((because) => (because.code === 'CKPT1601' ? because.details.features : []));
  const undecided = reasons.flatMap((because) => (because.code === 'CKPT1602' ? because.details.features : []));
  if (missing.length === 0 || image.cpu === undefined) return [];
  const advice: Advice[] = [];
  if (host.arch === 'amd64') advice.push(...generations(missing));
  if (host.arch === 'amd64' && rules.has('cpufeatures-annotation')) advice.push(levelling(image.cpu, missing, undecided));
  const dynamic = missing.filter((feature) => feature.impact === 'dynamic');
  if (dynamic.length > 0) {
    const names = dynamic.map((feature) => feature.name).join(', ');
    const message = `${names}: decided by the virtual machine or the running kernel, not by the CPU; give the machine the same virtual CPU and boot options`;
    advice.push({ code: 'CKPT2003', message });
  }
  return advice;
}

function generations(missing: readonly FeatureRef[]): Advice[] {
  const { known, undecided } = generationsWith(missing.map((feature) => feature.name));
  if (undecided.length === missing.length) return [];
  const but = undecided.length === 0 ? '' : ` (not decided by the table: ${undecided.join(', ')})`;
  const message =
    known.length === 0
      ? `no CPU generation of the table has all of the missing features${but}`
      : `CPU generations that have the missing features: ${known.join(', ')}${but}`;
  return [{ code: 'CKPT2001', message }];
}

/** The annotation that names what the host certainly has. */
function levelling(cpu: FeatureSet, missing: readonly FeatureRef[], undecided: readonly FeatureRef[]): Advice {
  const left = new Set([...missing, ...undecided].map((feature) => feature.name));
  const list = cpu.features.filter((name) => !left.has(name));
  const count = undecided.length === 1 ? '1 feature' : `${undecided.length} features`;
  const without =
    undecided.length === 0
      ? ''
      : `; ${count} that this description does not decide ${undecided.length === 1 ? 'is' : 'are'} left out`;
  const message = `start the next sandbox with this annotation, so that its images require no more than this host has (this image cannot be changed)${without}`;
  return { code: 'CKPT2002', message, setting: `${ANNOTATION}=${list.join(',')}` };
}

function releaseAdvice(image: Partial<ImageFacts>, codes: ReadonlySet<ReasonCode>): Advice[] {
  // The types of another architecture are those of no release.
  const otherArch = codes.has('CKPT1501');
  if (![...codes].some((code) => OTHER_RELEASE.has(code) && !(otherArch && code === 'CKPT1751'))) return [];
  const types = image.typesRelease ?? null;
  const byTypes =
    types === null
      ? 'the release that saved the image'
      : types.first === types.last
        ? types.first
        : `a release from ${types.first} to ${types.last}`;
  const which = image.runscVersion?.value ?? byTypes;
  return [{ code: 'CKPT2008', message: `restore with ${which}, or save again with the runsc that will restore` }];
}
