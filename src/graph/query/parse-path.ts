/** The text of a path into a graph: `kernel.tasks.Root.tids`, `g1r12.vmas.root[3]`. */
import { UsageError } from '../../errors.ts';

/** One step of a path, as it was written. */
export interface PathStep {
  /** What was named: without dot and brackets, and without quotes where it had them. */
  readonly name: string;
  /** It stood between quotes, so that it is a text and nothing else. */
  readonly quoted: boolean;
  /** Index in the path behind the step. */
  readonly end: number;
}

export interface ParsedPath {
  readonly text: string;
  /** The word before the first step; empty for a path that begins with a step. */
  readonly start: string;
  readonly steps: readonly PathStep[];
}

/** More steps than any path has that somebody means. */
const MOST_STEPS = 4096;

/**
 * Parses a path. Steps are `.name`, `."any text"`, `[3]`, `[key]`, `["any text"]`; brackets inside brackets belong together.
 *
 * @throws UsageError
 */
export function parsePath(text: string): ParsedPath {
  const startEnd = /[.[]|$/.exec(text)?.index ?? text.length;
  const steps: PathStep[] = [];
  for (let at = startEnd; at < text.length; ) {
    if (steps.length >= MOST_STEPS) throw new UsageError(`a path has at most ${MOST_STEPS} steps`);
    const step = text[at] === '[' ? bracketed(text, at) : text[at] === '.' ? dotted(text, at) : null;
    if (step === null) throw wrong(text, at, 'a step: .name or [key]');
    steps.push(step);
    at = step.end;
  }
  return { text, start: text.slice(0, startEnd).trim(), steps };
}

function dotted(text: string, at: number): PathStep {
  if (text[at + 1] === '"') return quotedStep(text, at + 1);
  const end = at + 1 + (/[.[]|$/.exec(text.slice(at + 1))?.index ?? 0);
  if (end === at + 1) throw wrong(text, at, 'a name after the dot');
  return { name: text.slice(at + 1, end), quoted: false, end };
}

function bracketed(text: string, at: number): PathStep {
  const first = at + 1 + (/\S|$/.exec(text.slice(at + 1))?.index ?? 0);
  if (text[first] === '"') {
    const step = quotedStep(text, first);
    const end = step.end + (/\S|$/.exec(text.slice(step.end))?.index ?? 0);
    if (text[end] !== ']') throw wrong(text, end, 'a bracket that closes');
    return { ...step, end: end + 1 };
  }
  let open = 0;
  for (let index = at; index < text.length; index++) {
    const character = text[index] as string;
    if (character === '"') index = quotedStep(text, index).end - 1;
    else if ('[{('.includes(character)) open++;
    else if (']})'.includes(character) && --open === 0) {
      const name = text.slice(at + 1, index).trim();
      if (name === '') throw wrong(text, at, 'an index or a key between the brackets');
      return { name, quoted: false, end: index + 1 };
    }
  }
  throw wrong(text, text.length, 'a bracket that closes');
}

/** A JSON string that begins at `at`. */
function quotedStep(text: string, at: number): PathStep {
  const string = /^"(?:[^"\\]|\\.)*"/s.exec(text.slice(at))?.[0];
  try {
    if (string !== undefined) return { name: JSON.parse(string) as string, quoted: true, end: at + string.length };
  } catch {
    // A wrong escape.
  }
  throw wrong(text, at, 'a text in double quotes, as in JSON');
}

function wrong(text: string, at: number, expected: string): UsageError {
  const found = at < text.length ? JSON.stringify(text.slice(at, at + 20)) : 'the end';
  return new UsageError(`path ${JSON.stringify(text)}: expected ${expected}, found ${found} at character ${at + 1}`);
}
