/** The text of each member of a JSON object, as it was written. */

/** One member. */
export interface MemberText {
  readonly name: string;
  readonly text: string;
}

/**
 * Cuts a JSON object into the texts of its members, by name; of members with one name the last, as JSON readers have it.
 *
 * @param json a valid JSON object.
 * @throws SyntaxError, TypeError when it is not.
 */
export function memberTexts(json: string): MemberText[] {
  // Makes sure that it is valid, so that what follows only has to look for brackets and quotes.
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TypeError('no JSON object');
  const members = new Map<string, string>();
  let at = json.indexOf('{') + 1;
  for (;;) {
    at = behindSpace(json, at);
    if (json[at] === '}') break;
    if (json[at] === ',') at = behindSpace(json, at + 1);
    const nameEnd = behindString(json, at);
    const name = JSON.parse(json.slice(at, nameEnd)) as string;
    const from = behindSpace(json, behindSpace(json, nameEnd) + 1);
    at = behindValue(json, from);
    members.set(name, json.slice(from, at).trimEnd());
  }
  return [...members].map(([name, text]) => ({ name, text })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function behindSpace(json: string, from: number): number {
  let at = from;
  while (/\s/.test(json[at] ?? '')) at++;
  return at;
}

/** @param from at the quote that begins it. */
function behindString(json: string, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function behindValue(json: string, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; ) {
    const character = json[at];
    if (character === '"') {
      at = behindString(json, at);
      continue;
    }
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth--;
    } else if (character === ',' && depth === 0) return at;
    at++;
  }
  return json.length;
}
