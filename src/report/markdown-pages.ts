/** Markdown of limited size: what does not fit is left out and counted. */

/** The most bytes of a step's summary on GitHub, over everything that the step writes. */
export const MOST_BYTES = 1024 * 1024;

/** A piece of the page, and what to call it when it is counted among those left out; null for what is never counted. */
export interface MarkdownPiece {
  readonly text: string;
  readonly counted: string | null;
}

/**
 * The pieces in their order as far as they fit into `most` bytes, and a note of what was left out; once one does not fit, those after it
 * are left out as well. Empty when not even the first fits.
 */
export function fitted(pieces: Iterable<MarkdownPiece>, most: number): string {
  const kept: string[] = [];
  const left = new Map<string, number>();
  let used = NOTE_BYTES;
  for (const { text, counted } of pieces) {
    const size = left.size > 0 ? Number.POSITIVE_INFINITY : byteLength(text);
    if (used + size <= most) {
      kept.push(text);
      used += size;
    } else {
      const what = counted ?? 'other parts';
      left.set(what, (left.get(what) ?? 0) + 1);
    }
  }
  if (kept.length === 0 || left.size === 0) return kept.join('');
  const counts = [...left].map(([what, count]) => `${what}: ${count}`).join(', ');
  return `${kept.join('')}\n**Cut:** the page would be too long. Left out: ${counts}. The JSON document has all.\n`;
}

/** What the note of what was left out takes at most. */
const NOTE_BYTES = 512;

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
