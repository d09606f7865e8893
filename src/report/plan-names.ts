/** Names in the text of a plan. */
import type { PlanClass } from '../fleet/plan-document.ts';
import { countOf } from './quantities.ts';

/** Names without the directories that all of them begin and end with; one name stays as it is. */
export function shortNames(names: readonly string[]): (name: string) => string {
  const split = names.map((name) => name.split('/'));
  const [first] = split;
  if (first === undefined || names.length < 2) return (name) => name;
  const least = split.reduce((fewest, parts) => Math.min(fewest, parts.length), first.length);
  let before = 0;
  while (before < least - 1 && split.every((parts) => parts[before] === first[before])) before++;
  let after = 0;
  while (after < least - 1 - before && split.every((parts) => parts.at(-1 - after) === first.at(-1 - after))) after++;
  return (name) => {
    const parts = name.split('/');
    return parts.slice(before, parts.length - after).join('/');
  };
}

/** The first of some words, and how many more there are. */
export function someOf(words: readonly string[], most: number, separator = ' '): string {
  if (words.length <= most + 1) return words.join(separator);
  return `${words.slice(0, most).join(separator)} … ${words.length - most} more`;
}

/** What a class is called beside its id: the CPU and how many, or the name of its only host. */
export function className({ cpu, hosts, names, arch }: PlanClass, short: (name: string) => string): string {
  const [only] = names;
  const kind = cpu ?? `unknown ${arch} CPU`;
  return names.length === 1 && only !== undefined
    ? `${short(only)} (${hosts === 1 ? kind : `${kind} × ${hosts}`})`
    : `${kind} × ${hosts}`;
}

export function hostCount(count: number): string {
  return countOf(count, 'host');
}
