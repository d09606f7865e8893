/** Names of files: their text, and their order. */
export { nameBytes, nameText } from '../bytes/name-text.ts';

/** Orders names by their bytes, which for UTF-8 is the order of the code points. */
export function compareNames(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
