/** Which known messages are on a line. */

import { innermostMessage, withoutTail } from './log-line.ts';
import type { LogPattern } from './log-pattern.ts';
import { LOG_PATTERNS } from './log-patterns.ts';
import { findShape, type LogShape, logShape, matchWhole } from './log-shape.ts';

/** One message that was recognised. */
export interface LineMatch {
  readonly pattern: LogPattern;
  /** The part of the text that has the shape. */
  readonly text: string;
  readonly parts: Readonly<Record<string, string>>;
}

interface Compiled {
  readonly pattern: LogPattern;
  readonly shapes: readonly LogShape[];
}

const ALL: readonly Compiled[] = LOG_PATTERNS.map((pattern) => ({ pattern, shapes: pattern.shapes.map(logShape) }));
const INSIDE = ALL.filter(({ pattern }) => pattern.whole !== true);
const WHOLE = ALL.filter(({ pattern }) => pattern.whole === true);
/** A line without any of these texts is no message that we know: most lines of a log, told at once. */
const NEEDLES = new RegExp(
  [...new Set(INSIDE.flatMap(({ shapes }) => shapes.map(({ needle }) => needle)))]
    .map((needle) => needle.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('|'),
);

/**
 * The messages on a line; those that only stand around another are left out where there is one. `texts` are the forms of one line.
 *
 * Costs time in proportion to the length of the line and the number of patterns.
 */
export function matchLine(texts: readonly string[]): LineMatch[] {
  const found = new Map<string, LineMatch>();
  for (const text of texts) {
    for (const match of matchText(text)) if (!found.has(match.pattern.id)) found.set(match.pattern.id, match);
  }
  const matches = [...found.values()];
  const exact = matches.filter(({ pattern }) => pattern.general !== true);
  const causes = exact.filter(({ pattern }) => pattern.role === 'cause');
  if (causes.length > 0) return [...causes, ...exact.filter(({ pattern }) => pattern.role === 'note')];
  if (exact.length > 0) return exact;
  // Of several wrappers the innermost says most.
  const [first, ...others] = matches;
  return first === undefined
    ? []
    : [others.reduce((best, one) => (innerOf(one, texts) > innerOf(best, texts) ? one : best), first)];
}

function innerOf({ text }: LineMatch, texts: readonly string[]): number {
  return Math.max(...texts.map((whole) => whole.indexOf(text)));
}

function matchText(raw: string): LineMatch[] {
  const text = withoutTail(raw.trimEnd());
  const matches: LineMatch[] = [];
  if (NEEDLES.test(text)) {
    const taken = new Set<number>();
    for (const { pattern, shapes } of INSIDE) {
      for (const shape of shapes) {
        const match = findShape(shape, text);
        if (match === null) continue;
        if (!taken.has(match.start)) matches.push({ pattern, text: text.slice(match.start, match.end), parts: match.parts });
        taken.add(match.start);
        break;
      }
    }
    if (matches.some(({ pattern }) => pattern.general !== true)) return matches;
  }
  const message = innermostMessage(text);
  for (const { pattern, shapes } of WHOLE) {
    if (shapes.some((shape) => matchWhole(shape, message) !== null)) matches.push({ pattern, text: message, parts: {} });
  }
  return matches;
}
