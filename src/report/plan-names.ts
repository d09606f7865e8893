/** Names in the text of a plan. */
import type { PlanClass } from '../fleet/plan-document.ts';
import { countOf } from './quantities.ts';
import { shortNames } from './short-names.ts';

/** What names are called without the folders that all of them begin and end with; one name stays as it is. */
export function shortened(names: readonly string[]): (name: string) => string {
  const short = shortNames(names).names;
  const known = new Map(names.map((name, index) => [name, short[index] ?? name]));
  return (name) => known.get(name) ?? name;
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
