/** Values as Go's fmt prints them. */

import type { GoStruct, GoValue } from '../oci/go-value.ts';
import { fieldsOf, type GoType } from '../oci/spec-types.ts';

/** Structs with an embedded one, which is not kept apart here. */
const FLATTENED: ReadonlySet<string> = new Set(['LinuxWeightDevice', 'LinuxThrottleDevice']);

/**
 * A value as Go's `%#v` prints it: `[]string{"a", "b"}`, `specs.User{UID:0x0, …}`.
 *
 * @returns null where it cannot be known: a pointer inside a value prints as its address
 * @see Go fmt/print.go: pp.printValue with fmtFlags.sharpV
 */
export function goSyntax(type: GoType, value: GoValue, depth = 0): string | null {
  switch (type.kind) {
    case 'any':
      return null;
    case 'string':
      return typeof value === 'string' ? quoted(value) : null;
    case 'bool':
      return String(value);
    case 'int':
      // Unsigned integers are in hexadecimal.
      if (typeof value !== 'bigint') return null;
      return type.min === 0n ? `0x${value.toString(16)}` : String(value);
    case 'pointer':
      if (value === null) return `(${type.name})(nil)`;
      if (depth > 0 || type.of.kind !== 'struct') return null;
      return prefixed('&', goSyntax(type.of, value, depth + 1));
    case 'slice':
      if (!Array.isArray(value)) return `${type.name}(nil)`;
      return joined(
        `${type.name}{`,
        value.map((item: GoValue) => goSyntax(type.of, item, depth + 1)),
        ', ',
        '}',
      );
    case 'map':
      if (!(value instanceof Map)) return `${type.name}(nil)`;
      return joined(
        `${type.name}{`,
        sortedEntries(value as GoStruct).map(([key, item]) => prefixed(`${quoted(key)}:`, goSyntax(type.of, item, depth + 1))),
        ', ',
        '}',
      );
    case 'struct': {
      if (FLATTENED.has(type.struct) || !(value instanceof Map)) return null;
      const fields = fieldsOf(type.struct).map((field) =>
        prefixed(`${field.name}:`, goSyntax(field.type, (value as GoStruct).get(field.name) ?? null, depth + 1)),
      );
      return joined(`${type.name}{`, fields, ', ', '}');
    }
  }
}

/**
 * A value as Go's `%v` prints it: `[a b]`, `{0 0 <nil> [] }`.
 *
 * @returns null where it cannot be known: a pointer inside a value prints as its address
 * @see Go fmt/print.go: pp.printValue
 */
export function goText(type: GoType, value: GoValue, depth = 0): string | null {
  switch (type.kind) {
    case 'any':
      return null;
    case 'string':
    case 'bool':
    case 'int':
      return String(value);
    case 'pointer':
      if (value === null) return '<nil>';
      if (depth > 0 || type.of.kind !== 'struct') return null;
      return prefixed('&', goText(type.of, value, depth + 1));
    case 'slice':
      if (!Array.isArray(value)) return '[]';
      return joined(
        '[',
        value.map((item: GoValue) => goText(type.of, item, depth + 1)),
        ' ',
        ']',
      );
    case 'map': {
      const entries = value instanceof Map ? sortedEntries(value as GoStruct) : [];
      return joined(
        'map[',
        entries.map(([key, item]) => prefixed(`${key}:`, goText(type.of, item, depth + 1))),
        ' ',
        ']',
      );
    }
    case 'struct': {
      if (FLATTENED.has(type.struct) || !(value instanceof Map)) return null;
      const fields = fieldsOf(type.struct).map((field) =>
        goText(field.type, (value as GoStruct).get(field.name) ?? null, depth + 1),
      );
      return joined('{', fields, ' ', '}');
    }
  }
}

/**
 * Go's strconv.Quote, as `%q` prints a string.
 *
 * @see Go strconv/quote.go: appendEscapedRune. What Go's IsPrint refuses is taken from Unicode's categories.
 */
export function quoted(text: string): string {
  const escaped = text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (char) => {
    const known = ESCAPES[char];
    if (known !== undefined) return known;
    const code = char.codePointAt(0) as number;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Go prints maps in the order of their keys' bytes. */
function sortedEntries(map: GoStruct): (readonly [string, GoValue])[] {
  return [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function prefixed(prefix: string, text: string | null): string | null {
  return text === null ? null : `${prefix}${text}`;
}

function joined(open: string, parts: readonly (string | null)[], between: string, close: string): string | null {
  return parts.includes(null) ? null : `${open}${parts.join(between)}${close}`;
}
