/** What somebody probably meant. */

/** Longest text that is compared: the work grows with the product of the lengths. */
const LONGEST = 64;

/**
 * The name that differs from `text` by the fewest edits, or null when none is near.
 *
 * @param most edits that count as near (default: a third of the letters of the name, at least two)
 */
export function closestName(text: string, names: readonly string[], most?: number): string | null {
  if (text.length > LONGEST) return null;
  let best: { readonly name: string; readonly edits: number } | null = null;
  for (const name of names) {
    const edits = editDistance(text, name);
    const near = most ?? Math.max(2, Math.floor(name.length / 3));
    if (edits <= near && edits < name.length && (best === null || edits < best.edits)) best = { name, edits };
  }
  return best?.name ?? null;
}

/** Insertions, deletions and replacements of single characters (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
