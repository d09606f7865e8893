/**
 * The shapes of messages, as documentation writes them: `runsc version does not match across checkpoint restore, checkpoint: {image} current: {host}`.
 *
 * A shape is matched by looking for its fixed texts one after another, never by a regular expression: the work grows with the length of a
 * line and with nothing else, whatever a hostile log holds.
 */

/** What a part may be: any text up to the next fixed text (the end of the line for the last), Go's `%q`, decimal, hexadecimal, one word. */
type PartKind = 'text' | 'quoted' | 'decimal' | 'hexadecimal' | 'word';

type Token = { readonly literal: string } | { readonly name: string; readonly kind: PartKind };

/** A shape that is ready to be looked for. */
export interface LogShape {
  /** The first fixed text: a line without it cannot match. */
  readonly needle: string;
  /** Names of the parts, in order. */
  readonly parts: readonly string[];
  readonly tokens: readonly Token[];
}

/** Where a shape was found, and its parts. */
export interface ShapeMatch {
  readonly start: number;
  readonly end: number;
  readonly parts: Readonly<Record<string, string>>;
}

const KINDS: Readonly<Record<string, PartKind>> = { q: 'quoted', d: 'decimal', x: 'hexadecimal', w: 'word' };

/** Places of one line at which a shape is tried. A line that repeats a needle would cost the square of its length otherwise. */
const MOST_PLACES = 8;
/** Characters of one part that are kept. */
const LONGEST_PART = 4096;

/**
 * Makes a shape of its text: `{name}` is any text, `{name:q}` a quoted text of Go, `{name:d}` a decimal and `{name:x}` a hexadecimal
 * number, `{name:w}` a word without spaces.
 */
export function logShape(text: string): LogShape {
  const tokens = text
    .split(/(\{\w+(?::\w)?\})/)
    .filter((piece) => piece !== '')
    .map((piece): Token => {
      const part = /^\{(\w+)(?::(\w))?\}$/.exec(piece);
      return part === null ? { literal: piece } : { name: part[1] ?? '', kind: KINDS[part[2] ?? ''] ?? 'text' };
    });
  const needle = tokens.flatMap((token) => ('literal' in token ? [token.literal] : []))[0] ?? '';
  if (needle.length < 3) throw new Error(`a shape must have a fixed text of three characters first: ${text}`);
  return { needle, parts: tokens.flatMap((token) => ('name' in token ? [token.name] : [])), tokens };
}

/** The first place of a line that has the shape, or null. A shape that begins with a part must have a quoted one there. */
export function findShape(shape: LogShape, line: string): ShapeMatch | null {
  let from = 0;
  for (let place = 0; place < MOST_PLACES; place++) {
    const at = line.indexOf(shape.needle, from);
    if (at < 0) return null;
    const match = matchAt(shape, line, at);
    if (match !== null) return match;
    from = at + 1;
  }
  return null;
}

/** The parts of a line that is the shape from its beginning to its end, or null. */
export function matchWhole(shape: LogShape, line: string): ShapeMatch | null {
  const at = line.indexOf(shape.needle);
  const match = at < 0 ? null : matchAt(shape, line, at);
  return match !== null && match.start === 0 && match.end === line.length ? match : null;
}

function matchAt({ tokens }: LogShape, line: string, needleAt: number): ShapeMatch | null {
  const parts: Record<string, string> = Object.create(null) as Record<string, string>;
  let start = needleAt;
  let position = needleAt;
  for (const [index, token] of tokens.entries()) {
    if ('literal' in token) {
      if (!line.startsWith(token.literal, position)) return null;
      position += token.literal.length;
      continue;
    }
    if (index === 0) {
      const begin = quotedBefore(line, needleAt);
      if (begin === null) return null;
      parts[token.name] = unquote(line.slice(begin, needleAt));
      start = begin;
      continue;
    }
    const end = endOfPart(token.kind, line, position, tokens[index + 1]);
    if (end === null) return null;
    const text = line.slice(position, Math.min(end, position + LONGEST_PART));
    parts[token.name] = token.kind === 'quoted' ? unquote(text) : text;
    position = end;
  }
  return { start, end: position, parts };
}

function endOfPart(kind: PartKind, line: string, from: number, next: Token | undefined): number | null {
  if (kind === 'quoted') return endOfQuoted(line, from);
  if (kind === 'text') {
    const literal = next !== undefined && 'literal' in next ? next.literal : null;
    const end = literal === null ? line.length : line.indexOf(literal, from);
    return end < 0 ? null : end;
  }
  let end = from;
  while (end < line.length && belongs(kind, line.charCodeAt(end))) end++;
  return end === from ? null : end;
}

function belongs(kind: PartKind, code: number): boolean {
  const digit = code >= 0x30 && code <= 0x39;
  if (kind === 'decimal') return digit || code === 0x2d;
  if (kind === 'word') return code > 0x20 && code !== 0x2c && code !== 0x3a && code !== 0x3b;
  return digit || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46) || code === 0x78;
}

/** Behind the closing quote of a text that Go's `%q` wrote, or null. */
function endOfQuoted(line: string, from: number): number | null {
  if (line[from] !== '"') return null;
  for (let at = from + 1; at < line.length && at - from < LONGEST_PART; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return at + 1;
  }
  return null;
}

/** Where a quoted text begins that ends just before a place. */
function quotedBefore(line: string, end: number): number | null {
  if (line[end - 1] !== '"') return null;
  const begin = line.lastIndexOf('"', end - 2);
  return begin < 0 || end < 2 ? null : begin;
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
}
