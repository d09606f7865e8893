/** Lists in messages: the first of them, and how many more there are; the details of a reason hold all. */

const SHOWN = 3;

/** `a, b, c and 4 more` */
export function firstNames(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ');
}
