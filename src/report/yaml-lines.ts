/** Plain data as YAML. */

/** What can be written. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** Words that YAML takes for strings whatever reads them: they begin with a letter, and are no boolean or null of YAML 1.1 or 1.2. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z][A-Za-z0-9_./-]*$/i;
/** Characters that YAML or a terminal does not take as they are. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** Fields of an object that stands on one line. */
const FEW = 2;

/** The lines of a value: in block style, with lists of scalars and small objects in lists on one line. Data nests a handful of levels. */
export function yamlLines(value: YamlValue): string[] {
  if (Array.isArray(value))
    return (value as readonly YamlValue[]).flatMap((item) => hung('- ', '  ', onOneLine(item) ?? yamlLines(item)));
  if (typeof value !== 'object') return [scalar(value)];
  return Object.entries(value).flatMap(([key, field]) => {
    const name = scalar(key);
    if (typeof field !== 'object') return [`${name}: ${scalar(field)}`];
    if (Object.keys(field).length === 0) return [`${name}: ${Array.isArray(field) ? '[]' : '{}'}`];
    if (Array.isArray(field)) {
      const line = scalars(field as readonly YamlValue[]);
      if (line !== null) return [`${name}: ${line}`];
    }
    const small = Object.keys(field).length <= FEW ? onOneLine(field) : null;
    if (small !== null) return [`${name}: ${small.join('')}`];
    return [`${name}:`, ...yamlLines(field).map((line) => `  ${line}`)];
  });
}

/** An object of scalars and lists of them in flow style, or null for anything else. */
function onOneLine(value: YamlValue): string[] | null {
  if (typeof value !== 'object' || Array.isArray(value)) return null;
  const fields: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    const text = typeof field !== 'object' ? scalar(field) : Array.isArray(field) ? scalars(field as readonly YamlValue[]) : null;
    if (text === null) return null;
    fields.push(`${scalar(key)}: ${text}`);
  }
  return [`{${fields.join(', ')}}`];
}

function scalars(items: readonly YamlValue[]): string | null {
  return items.every((item) => typeof item !== 'object') ? `[${items.map((item) => scalar(item as string)).join(', ')}]` : null;
}

/** @see https://yaml.org/spec/1.2.2/#73-flow-scalar-styles (double-quoted strings take the escapes of JSON) */
function scalar(value: string | number | boolean | object): string {
  if (typeof value !== 'string') return String(value);
  if (PLAIN.test(value)) return value;
  return JSON.stringify(value).replace(UNSAFE, (character) =>
    [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

function hung(first: string, others: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? first : others) + line);
}
