/** Facts and what several of them say together. */
import type { Fact, FeatureFact, KnownBits } from './host.ts';

/** A fact that the evidence decides. */
export function known<T>(value: T, source: string): Fact<T> {
  return { value, source };
}

/** A fact that the evidence does not decide, and why. */
export function unknown<T>(why: string): Fact<T> {
  return { value: null, source: why };
}

/** Every bit of a 64-bit mask decided by its value. */
export function allBits(value: bigint): KnownBits {
  return { set: value, clear: ALL_BITS & ~value };
}

/** No bit decided. */
export const NO_BITS: KnownBits = { set: 0n, clear: 0n };

/** The bits that are decided by both, in the same way. */
export function agreedBits(one: KnownBits, other: KnownBits): KnownBits {
  return { set: one.set & other.set, clear: one.clear & other.clear };
}

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** Names of two logical CPUs that are compared. */
export type CpuLabels = readonly [one: string, other: string];

/** The same fact of two logical CPUs: the first one's where they agree, else unknown. */
export function agreed<T>(one: Fact<T>, other: Fact<T>, labels: CpuLabels, show: (value: T) => string): Fact<T> {
  if (one.value === other.value) return one;
  const say = (fact: Fact<T>): string => (fact.value === null ? 'unknown' : show(fact.value));
  return unknown(`logical CPUs differ: ${labels[0]} has ${say(one)}, ${labels[1]} has ${say(other)}`);
}

/** The same feature on two logical CPUs: the first one's where they agree, else unknown. */
export function agreedFeature(one: FeatureFact, other: FeatureFact, labels: CpuLabels): FeatureFact {
  if (one.presence === other.presence) return one;
  return {
    presence: 'unknown',
    source: `logical CPUs differ: ${one.presence} on ${labels[0]}, ${other.presence} on ${labels[1]}; runsc reads whichever CPU it runs on`,
  };
}
