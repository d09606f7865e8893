/** Values of the object graphs on one line. */
import type { Json } from '../graph/query/json-leaf.ts';
import { escapeText } from './escape.ts';

/** The most characters of one value on a line. */
const LONGEST = 160;

/** `12`, `"sh"`, `nil`, `→ g1r12`, `[1, 2]`, `{Start: 4096, End: 8192}`; escaped, and cut where it is long. */
export function compactJson(json: Json): string {
  const text = escapeText(plain(json, 2));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** No more than what fits is put together, whatever the value. */
function plain(json: Json, levels: number): string {
  if (json === null) return 'nil';
  if (typeof json === 'string') return json.length > LONGEST ? `"${json.slice(0, LONGEST)}…"` : JSON.stringify(json);
  if (typeof json !== 'object') return String(json);
  if (isList(json)) {
    if (levels === 0) return `[${json.length}]`;
    return `[${json
      .slice(0, LONGEST)
      .map((item) => plain(item, levels - 1))
      .join(', ')}]`;
  }
  const { $type, $id, $ref, $error, $bytes, $string, text, hex } = json;
  if (typeof $error === 'string') return `unreadable: ${$error.slice(0, LONGEST)}`;
  if (typeof $bytes === 'number' || typeof $string === 'number')
    return typeof text === 'string' ? plain(text, 0) : `hex ${String(hex).slice(0, LONGEST)}`;
  if (typeof $ref === 'string')
    return /^g\d+r\d+$/.test($ref) || $type === undefined ? `→ ${$ref}` : `${lastWords(String($type))}{…}`;
  // Objects of their own are named, not shown.
  if (typeof $id === 'string' && /^g\d+r\d+$/.test($id))
    return `→ ${$id}${typeof $type === 'string' ? ` ${lastWords($type)}` : ''}`;
  if (levels === 0) return typeof $id === 'string' ? `→ ${$id}` : '{…}';
  const fields = Object.entries(json)
    .filter(([name, value]) => !/^\$[a-z]/.test(name) && value !== null)
    .slice(0, LONGEST);
  return `{${fields.map(([name, value]) => `${name.slice(0, LONGEST)}: ${plain(value, levels - 1)}`).join(', ')}}`;
}

/** `kernel.Task` of `pkg/sentry/kernel.Task`. */
function lastWords(type: string): string {
  return type.slice(type.lastIndexOf('/') + 1);
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
