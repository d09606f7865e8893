/** From JSON to Go's values, by the rules of Go's encoding/json. */

import { type GoValue, zeroStruct, zeroValue } from './go-value.ts';
import type { JsonTree } from './json-tree.ts';
import { fieldsOf, type GoField, type GoType, type StructName } from './spec-types.ts';

/** A value, and the first member that has a kind which its field cannot hold: Go decodes on, and then refuses the whole. */
export interface Unmarshalled {
  readonly value: GoValue;
  readonly problem: string | null;
}

/**
 * Decodes a tree as Go's json.Unmarshal does into a fresh value of a type.
 *
 * Names match exactly or else whatever their case; unknown ones are dropped; of several members of one name the later ones win, lists
 * anew, structs and maps on top of what is there; null leaves scalars and structs as they are and makes pointers, lists and maps nil.
 *
 * @see Go encoding/json: decodeState.value, object, array, literalStore
 */
export function unmarshal(type: GoType, tree: JsonTree): Unmarshalled {
  let problem: string | null = null;
  const refuse = (path: string, tree: JsonTree, type: GoType): void => {
    problem ??= `${tree.kind === 'number' ? `number ${tree.text.slice(0, 40)}` : tree.kind} in ${path || 'the document'}, which is a Go ${type.name}`;
  };

  const decode = (into: GoType, from: JsonTree, before: GoValue, path: string): GoValue => {
    if (into.kind === 'any') return from.kind === 'null' ? null : textOf(from);
    if (from.kind === 'null') return into.kind === 'pointer' || into.kind === 'slice' || into.kind === 'map' ? null : before;
    switch (into.kind) {
      case 'pointer':
        return decode(into.of, from, before ?? zeroValue(into.of), path);
      case 'slice':
        if (from.kind !== 'array') break;
        return from.items.map((item, index) => decode(into.of, item, zeroValue(into.of), `${path}[${index}]`));
      case 'map':
        if (from.kind !== 'object') break;
        return decodeMap(into.of, from.members, before, path);
      case 'struct':
        if (from.kind !== 'object') break;
        return decodeStruct(into.struct, from.members, before, path);
      case 'string':
        if (from.kind === 'string') return from.value;
        break;
      case 'bool':
        if (from.kind === 'bool') return from.value;
        break;
      case 'int': {
        const number =
          from.kind === 'number' && from.text.length <= 20 && /^-?[0-9]+$/.test(from.text) ? BigInt(from.text) : null;
        if (number !== null && number >= into.min && number <= into.max) return number;
        break;
      }
    }
    refuse(path, from, into);
    return before;
  };

  const decodeMap = (type: GoType, members: Members, before: GoValue, path: string): GoValue => {
    const map = owned(before) ?? new Map<string, GoValue>();
    for (const [name, item] of members) map.set(name, decode(type, item, zeroValue(type), `${path}.${name}`));
    return map;
  };

  const decodeStruct = (struct: StructName, members: Members, before: GoValue, path: string): GoValue => {
    const result = owned(before) ?? owned(zeroStruct(struct));
    if (result === null) return before;
    const { exact, folded } = namesOf(struct);
    for (const [name, item] of members) {
      const field = exact.get(name) ?? folded.get(fold(name));
      if (field === undefined) continue;
      const value = decode(
        field.type,
        item,
        result.get(field.name) ?? zeroValue(field.type),
        path === '' ? field.json : `${path}.${field.json}`,
      );
      result.set(field.name, value);
    }
    return result;
  };

  const value = decode(type, tree, zeroValue(type), '');
  return { value, problem };
}

type Members = Extract<JsonTree, { kind: 'object' }>['members'];

interface Names {
  readonly exact: ReadonlyMap<string, GoField>;
  readonly folded: ReadonlyMap<string, GoField>;
}

const names = new Map<StructName, Names>();

function namesOf(struct: StructName): Names {
  const known = names.get(struct);
  if (known !== undefined) return known;
  const fields = fieldsOf(struct);
  const made: Names = {
    exact: new Map(fields.map((field) => [field.json, field])),
    folded: new Map(fields.map((field) => [fold(field.json), field])),
  };
  names.set(struct, made);
  return made;
}

/** Names that differ only in this are the same to Go; the long s and the Kelvin sign are cases of s and k. */
function fold(name: string): string {
  return name
    .replace(/\u017f/g, 's')
    .replace(/\u212a/g, 'k')
    .replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
}

/** The map behind a value that this decoder made, to be changed in place: members of one name can be many. */
function owned(value: GoValue): Map<string, GoValue> | null {
  return value instanceof Map ? (value as Map<string, GoValue>) : null;
}

/** A tree in one notation, so that equal values are equal texts. */
function textOf(tree: JsonTree): string {
  switch (tree.kind) {
    case 'null':
      return 'null';
    case 'bool':
      return String(tree.value);
    case 'number':
      return tree.text;
    case 'string':
      return JSON.stringify(tree.value);
    case 'array':
      return `[${tree.items.map(textOf).join(',')}]`;
    case 'object':
      return `{${tree.members.map(([name, item]) => `${JSON.stringify(name)}:${textOf(item)}`).join(',')}}`;
  }
}
