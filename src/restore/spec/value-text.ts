/** Values of a spec as JSON, for people. */
import type { GoStruct, GoValue } from '../../oci/go-value.ts';
import { fieldsOf, type GoType } from '../../oci/spec-types.ts';

const MOST_CHARACTERS = 2000;

/** A value as it would stand in config.json, or `unset`. Values of environment variables are never among what is compared. */
export function valueText(type: GoType, value: GoValue | undefined): string {
  if (value === undefined || value === null) return 'unset';
  const text = json(type, value);
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}

function json(type: GoType, value: GoValue): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'pointer':
      return json(type.of, value);
    case 'slice':
      return `[${Array.isArray(value) ? value.map((item: GoValue) => json(type.of, item)).join(',') : ''}]`;
    case 'map': {
      const entries = value instanceof Map ? [...(value as GoStruct)].sort(([a], [b]) => (a < b ? -1 : 1)) : [];
      return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${json(type.of, item)}`).join(',')}}`;
    }
    case 'struct': {
      const members = fieldsOf(type.struct).flatMap((field) => {
        const item = value instanceof Map ? ((value as GoStruct).get(field.name) ?? null) : null;
        const absent = item === null || (field.omitEmpty && (item === '' || item === false || item === 0n));
        return absent ? [] : [`${JSON.stringify(field.json)}:${json(field.type, item)}`];
      });
      return `{${members.join(',')}}`;
    }
    case 'string':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}
