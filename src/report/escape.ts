/** Text from images, hosts and paths, made safe for a terminal. */

/**
 * Characters that move the cursor, change the order of text, or show nothing: control characters, formatting characters (bidirectional
 * overrides among them), line and paragraph separators, surrogates without a partner, and noncharacters, with which a text is neither XML nor
 * YAML, not even in a comment.
 *
 * @see Unicode Standard, general categories Cc, Cf, Zl, Zp, Cs, and 23.7 (noncharacters); CVE-2021-42574 for the overrides; YAML 1.2.2, 5.1;
 *   XML 1.0, 2.2
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The most characters of one string that text shows, with the note that it goes on. Stops an image from filling the terminal with one
 * version of 15 MB. What people copy is shorter: an annotation with the name of every feature has under 2000.
 */
export const LONGEST_TEXT = 4096;

/**
 * The text with every unsafe character as `\n`, `\x1b`, `\u202e` or `\u{e0001}`. What is safe stays as it is.
 *
 * Of a text that would be longer than {@link LONGEST_TEXT} the beginning, with its length as `… (15000000 characters)`.
 */
export function escapeText(text: string): string {
  if (text.length > LONGEST_TEXT) return beginningOf(text);
  const escaped = escapePart(text);
  return escaped.length > LONGEST_TEXT ? beginningOf(text) : escaped;
}

function beginningOf(text: string): string {
  const note = `… (${text.length} characters)`;
  let beginning = '';
  for (const character of text) {
    const escaped = escapePart(character);
    if (beginning.length + escaped.length > LONGEST_TEXT - note.length) break;
    beginning += escaped;
  }
  return beginning + note;
}

function escapePart(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? escapeCharacter(character));
}

/** A copy of a plain value (strings, arrays, objects) in which every string is escaped, the names of fields included. */
export function escapeAll<T>(value: T): T {
  return escapeValue(value) as T;
}

/** Documents nest a handful of levels, whatever the image holds: their shape is that of a type. */
function escapeValue(value: unknown): unknown {
  if (typeof value === 'string') return escapeText(value);
  if (Array.isArray(value)) return value.map(escapeValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [escapeText(name), escapeValue(field)]));
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}
