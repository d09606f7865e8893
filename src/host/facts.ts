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

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** The same fact of several logical CPUs: what they agree on, else unknown. `labels` name the CPUs in the same order. */
export function agreed<T>(facts: readonly Fact<T>[], labels: readonly string[], show: (value: T) => string): Fact<T> {
  const [first, ...others] = facts;
  if (first === undefined) return unknown('there is no logical CPU');
  const different = others.findIndex((fact) => fact.value !== first.value);
  if (different < 0) return first;
  const other = others[different];
  const say = (fact: Fact<T> | undefined): string => (fact === undefined || fact.value === null ? 'unknown' : show(fact.value));
  return unknown(`logical CPUs differ: ${labels[0]} has ${say(first)}, ${labels[different + 1]} has ${say(other)}`);
}

/** The same feature on several logical CPUs: what they agree on, else unknown. */
export function agreedFeature(facts: readonly FeatureFact[], labels: readonly string[]): FeatureFact {
  const [first, ...others] = facts;
  if (first === undefined) return { presence: 'unknown', source: 'there is no logical CPU' };
  const different = others.findIndex((fact) => fact.presence !== first.presence);
  if (different < 0) return first;
  return {
    presence: 'unknown',
    source: `logical CPUs differ: ${first.presence} on ${labels[0]}, ${others[different]?.presence} on ${labels[different + 1]}; runsc reads whichever CPU it runs on`,
  };
}
