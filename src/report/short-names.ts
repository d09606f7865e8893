/** Names without what says nothing: the folders that all of them share. */

/** Names without what all of them share at both ends, and what that is with `*` for the rest; null where they share nothing. */
export interface ShortNames {
  readonly names: readonly string[];
  readonly pattern: string | null;
}

/** Takes whole folders only: `hosts/rome/cpuid.txt`, `hosts/milan/cpuid.txt` are `rome` and `milan` of one pattern. */
export function shortNames(names: readonly string[]): ShortNames {
  const [first] = names;
  if (first === undefined || new Set(names).size < 2) return { names, pattern: null };
  const before = sharedStart(names, first);
  const after = sharedEnd(
    names.map((name) => name.slice(before.length)),
    first.slice(before.length),
  );
  if (before === '' && after === '') return { names, pattern: null };
  const short = names.map((name) => name.slice(before.length, name.length - after.length));
  return short.includes('') ? { names, pattern: null } : { names: short, pattern: `${before}*${after}` };
}

function sharedStart(names: readonly string[], first: string): string {
  let end = first.lastIndexOf('/') + 1;
  while (end > 0 && !names.every((name) => name.startsWith(first.slice(0, end)))) end = first.lastIndexOf('/', end - 2) + 1;
  return first.slice(0, end);
}

function sharedEnd(names: readonly string[], first: string): string {
  let start = first.indexOf('/');
  while (start !== -1 && !names.every((name) => name.endsWith(first.slice(start)))) start = first.indexOf('/', start + 1);
  return start === -1 ? '' : first.slice(start);
}
