/** Finds the entries of a map whose key somebody means. */
import type { PathStep } from './parse-path.ts';
import type { MapEntry } from './print-key.ts';

/** What counts as zero: gVisor saves zeros, empty texts and false in structs as nil. */
const ZEROS = new Set(['nil', 'null', '0', '""', 'false']);

/**
 * The entries with this key: those whose printed key is equal, else those that differ in spaces, in the way a number or a text is
 * written, in the graph's number before a reference, or in the spelling of zero.
 */
export function matchKey(entries: readonly MapEntry[], { name, quoted }: PathStep): readonly MapEntry[] {
  const exact = entries.filter(({ text }) => text === name);
  if (exact.length > 0 || quoted) return exact;
  const wanted = loosely(name);
  return entries.filter((entry) => loosely(entry.text) === wanted);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[^\s{}[\](),:"]+|[{}[\](),:]/g;

/** A key with one spelling for everything that means the same. */
function loosely(text: string): string {
  return (text.match(TOKEN) ?? []).map(spelling).join(' ');
}

function spelling(token: string): string {
  if (ZEROS.has(token)) return 'nil';
  if (token.startsWith('"')) return token.slice(1, -1);
  if (/^-?0x[0-9a-f]+$/i.test(token)) {
    const value = BigInt(token.replace('-', ''));
    return value === 0n ? 'nil' : String(token.startsWith('-') ? -value : value);
  }
  return token.replace(/^r(?=\d+)/, 'g1r');
}
