/** Patterns of names, as shells have them. */

/** One thing that a pattern asks for: a character, any one (`?`), any number of any (`*`), or one of a set (`[a-z]`, `[!a-z]`). */
type Token =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'many' }
  | { readonly kind: 'set'; readonly inverted: boolean; readonly ranges: readonly (readonly [from: string, to: string])[] };

/** Whether a text has characters that mean something in a pattern. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

/**
 * A test of names against a pattern: `*` is any number of characters, `?` one, `[a-z]` one of these and `[!a-z]` one of the others; `\`
 * takes the meaning from the character behind it. A `[` that is not closed is itself.
 *
 * Takes time in proportion to the lengths of pattern and name multiplied, whatever the pattern is.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  const tokens = tokensOf(pattern);
  return (name) => matches(tokens, [...name]);
}

function tokensOf(pattern: string): Token[] {
  const characters = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'many') tokens.push({ kind: 'many' });
    } else if (character === '?') tokens.push({ kind: 'any' });
    else if (character === '\\' && at + 1 < characters.length)
      tokens.push({ kind: 'character', character: characters[++at] ?? '' });
    else {
      const set = character === '[' ? setAt(characters, at) : null;
      if (set === null) tokens.push({ kind: 'character', character });
      else {
        tokens.push(set.token);
        at = set.end;
      }
    }
  }
  return tokens;
}

/** The set that begins at a `[`, and where its `]` is; null when it is not closed. The first character may be a `]`. */
function setAt(characters: readonly string[], start: number): { readonly token: Token; readonly end: number } | null {
  const inverted = characters[start + 1] === '!' || characters[start + 1] === '^';
  const first = start + (inverted ? 2 : 1);
  const end = characters.indexOf(']', first + 1);
  if (end === -1) return null;
  const ranges: (readonly [string, string])[] = [];
  for (let at = first; at < end; at++) {
    const from = characters[at] ?? '';
    const to = characters[at + 2] ?? '';
    if (characters[at + 1] === '-' && at + 2 < end) {
      ranges.push([from, to]);
      at += 2;
    } else ranges.push([from, from]);
  }
  return { token: { kind: 'set', inverted, ranges }, end };
}

/** On a mismatch only the last `*` has to take one more: what lies before it has been found at the earliest place. */
function matches(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star: { readonly token: number; at: number } | null = null;
  while (at < name.length) {
    const wanted = tokens[token];
    if (wanted?.kind === 'many') {
      star = { token, at };
      token++;
    } else if (wanted !== undefined && accepts(wanted, name[at] ?? '')) {
      token++;
      at++;
    } else if (star !== null) {
      star.at++;
      at = star.at;
      token = star.token + 1;
    } else return false;
  }
  return tokens.slice(token).every(({ kind }) => kind === 'many');
}

function accepts(token: Token, character: string): boolean {
  if (token.kind === 'character') return token.character === character;
  if (token.kind === 'set') return token.ranges.some(([from, to]) => character >= from && character <= to) !== token.inverted;
  return true;
}
