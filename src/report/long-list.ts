/** Lists in text: the first of them, and how many more there are. */

/** The most entries of one list of an image that text shows. Stops a small image with a million names from filling the terminal. */
export const LONGEST_LIST = 1000;

/** The entries to show, and what to say of the others (null: there are none). */
export interface ShownList<T> {
  readonly shown: readonly T[];
  readonly more: string | null;
}

/** The first entries of a list, at most {@link LONGEST_LIST}. */
export function firstOf<T>(list: readonly T[]): ShownList<T> {
  if (list.length <= LONGEST_LIST) return { shown: list, more: null };
  return { shown: list.slice(0, LONGEST_LIST), more: `… and ${list.length - LONGEST_LIST} more (--json has all)` };
}

/** The first words with a separator between them, and how many more there are behind a space. */
export function joined(words: readonly (string | number)[], separator: string): string {
  const { shown, more } = firstOf(words);
  return more === null ? shown.join(separator) : `${shown.join(separator)} ${more}`;
}

/** The lines of what is shown, and one more for the rest where there is one. */
export function withRest(lines: readonly string[], { more }: ShownList<unknown>, indent: number): string[] {
  return more === null ? [...lines] : [...lines, ' '.repeat(indent) + more];
}
