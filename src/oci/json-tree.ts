/** JSON as it is written: numbers as text, members in order and perhaps several of one name, as Go's decoder meets them. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';

export type JsonTree =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonTree[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: JsonTree])[] };

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const LITERALS: Readonly<Record<string, JsonTree>> = {
  null: { kind: 'null' },
  true: { kind: 'bool', value: true },
  false: { kind: 'bool', value: false },
};

/**
 * Parses one JSON value and nothing behind it.
 *
 * Go nests up to 10,000 levels; real specs stay under 10.
 *
 * @throws CkptError `bad-spec` for text that is no JSON, `over-limit`.
 */
export function parseJson(text: string, { depth, specValues }: Pick<Limits, 'depth' | 'specValues'>): JsonTree {
  let at = 0;
  let values = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return null;
    at += found[0].length;
    return found[0];
  };
  const wrong = (expected: string): CkptError =>
    new CkptError(
      'bad-spec',
      { layer: 'spec', line: lineOf(text, at) },
      { expected, found: at < text.length ? 'something else' : 'the end' },
    );
  const string = (): string => {
    const end = text[at] === '"' ? endOfString(text, at) : -1;
    if (end < 0) throw wrong('a string');
    const raw = text.slice(at, end);
    try {
      // Go replaces halves of surrogate pairs.
      const parsed = (JSON.parse(raw) as string).replace(/\p{Cs}/gu, '\ufffd');
      at = end;
      return parsed;
    } catch {
      throw wrong('an escape sequence of JSON');
    }
  };
  const list = <T>(close: string, item: () => T): T[] => {
    at++;
    match(SPACE);
    const items: T[] = [];
    if (text[at] === close) at++;
    else {
      for (;;) {
        items.push(item());
        match(SPACE);
        const next = text[at++];
        if (next === close) break;
        if (next !== ',') {
          at--;
          throw wrong(`a comma or ${close}`);
        }
        match(SPACE);
      }
    }
    return items;
  };
  const value = (left: number): JsonTree => {
    match(SPACE);
    const first = text[at];
    if (++values > specValues) throw tooMuch(text, at, `at most ${specValues} values`, 'specValues');
    if (first === '{' || first === '[') {
      if (left === 0) throw tooMuch(text, at, `at most ${depth} levels`, 'depth');
      if (first === '[') return { kind: 'array', items: list(']', () => value(left - 1)) };
      const member = (): readonly [string, JsonTree] => {
        const name = string();
        match(SPACE);
        if (text[at++] !== ':') {
          at--;
          throw wrong('a colon');
        }
        return [name, value(left - 1)];
      };
      return { kind: 'object', members: list('}', member) };
    }
    if (first === '"') return { kind: 'string', value: string() };
    const number = match(NUMBER);
    if (number !== null) return { kind: 'number', text: number };
    for (const [word, literal] of Object.entries(LITERALS)) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return literal;
      }
    }
    throw wrong('a JSON value');
  };
  const root = value(depth);
  match(SPACE);
  if (at < text.length) throw wrong('the end of the JSON text');
  return root;
}

/** Where a string ends that begins at a quote, or -1; what is inside is left to JSON.parse. */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}

function tooMuch(text: string, at: number, expected: string, ceiling: keyof Limits): CkptError {
  const hint = `If this really is a spec, raise the ceiling ${ceiling}`;
  return new CkptError('over-limit', { layer: 'spec', line: lineOf(text, at) }, { expected, found: 'more', hint });
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index >= 0 && index < at; index = text.indexOf('\n', index + 1)) line++;
  return line;
}
