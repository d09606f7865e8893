/** Fleets and images that are made up, with a plan that is known beforehand. */
import { featuresOf } from '../../src/cpu/feature-names.ts';
import type { ImageRequirement } from '../../src/fleet/image-requirements.ts';
import { allBits, known } from '../../src/host/facts.ts';
import type { FeatureFact, Host } from '../../src/host/host.ts';

const FEATURES = featuresOf('amd64').map(({ name }) => name);
const RUNSC = 'release-20260817.0';

/** What a made-up host is, beside what is the same for all: XCR0 0xe7, cache lines of 64 bytes, one release of runsc. */
export interface SyntheticHost {
  readonly name: string;
  readonly features: readonly string[];
  readonly unknown?: readonly string[];
  readonly cacheLine?: number;
  readonly runscVersion?: string | null;
  readonly xcr0?: bigint;
}

/** An amd64 host of which everything is known but the features that are said to be unknown. */
export function syntheticHost({
  name,
  features,
  unknown = [],
  cacheLine = 64,
  runscVersion = RUNSC,
  xcr0 = 0xe7n,
}: SyntheticHost): Host {
  const [has, open] = [new Set(features), new Set(unknown)];
  const fact = (feature: string): FeatureFact => ({
    presence: open.has(feature) ? 'unknown' : has.has(feature) ? 'present' : 'absent',
    source: 'made up',
  });
  return {
    name,
    arch: 'amd64',
    source: 'profile',
    provenance: 'made up',
    rejected: [],
    cpuid: null,
    features: new Map(FEATURES.map((feature) => [feature, fact(feature)])),
    cacheLine: known(cacheLine, 'made up'),
    xcr0: known(xcr0, 'made up'),
    xcr0Known: allBits(xcr0),
    statesNotEnabled: 0n,
    mxcsrMask: known(0xffff, 'made up'),
    useXsave: known(true, 'made up'),
    hwcap: known(0n, 'made up'),
    hwcap2: known(0n, 'made up'),
    pageSize: known(4096, 'made up'),
    kernel: known('6.1.0', 'made up'),
    microcode: known('0x1', 'made up'),
    hypervisor: known('none', 'made up'),
    runscVersion: runscVersion === null ? { value: null, source: 'made up' } : known(runscVersion, 'made up'),
    identity: null,
    capturedFrom: null,
    capturedAt: null,
    notes: [],
  };
}

/** Every feature but some. */
export function allBut(...left: readonly string[]): string[] {
  return FEATURES.filter((name) => !left.includes(name));
}

/**
 * Hosts in families of which none has what another has: a feature of its own. In a family every host has a feature more than the one
 * before it, so that an image of its first host restores on all of the family and nowhere else: as many images as families are the least.
 *
 * @param steps hosts of different features in each family
 * @param copies hosts with each set of features
 */
export function disjointFamilies(families: number, steps: number, copies: number): Host[] {
  const width = Math.ceil(Math.log2(Math.max(2, families)));
  // A family is a number in bits, each with a feature for 0 and one for 1: no family has all that another has.
  const marks = (family: number): string[] =>
    Array.from({ length: width }, (_, bit) => FEATURES[2 * bit + ((family >>> bit) & 1)] ?? '');
  const own = FEATURES.slice(2 * width).filter((name) => name !== 'ospke');
  if (steps > own.length) throw new Error(`at most ${own.length} steps`);
  const hosts: Host[] = [];
  for (let family = 0; family < families; family++) {
    for (let step = 0; step < steps; step++) {
      const first = syntheticHost({ name: '', features: [...marks(family), ...own.slice(0, step)] });
      for (let copy = 0; copy < copies; copy++) hosts.push({ ...first, name: `f${family}-s${step}-${copy}` });
    }
  }
  return hosts;
}

/** Images as they would be saved on hosts, one on each, by the runsc that all of them run. */
export function requirementsOn(hosts: readonly Host[], frames: number): ImageRequirement[] {
  return hosts.map(({ name, features }) => {
    const required = FEATURES.filter((feature) => features.get(feature)?.presence === 'present');
    const answer = { verdict: 'restorable', firstFailure: null, open: [], firstWithout: 'cpu-features', required } as const;
    return {
      image: { path: `images/${name}`, runscVersion: RUNSC, arch: 'amd64' },
      answers: Array.from({ length: frames }, () => answer),
    };
  });
}
