/** Values of Go's types, as its JSON decoder leaves them. */
import { fieldsOf, type GoType, type SpecPackage, type StructName } from './spec-types.ts';

/**
 * A value; its {@link GoType} says how to read it. Integers are bigint, structs and maps are maps (of fields by their Go names, of keys),
 * and null is a nil pointer, slice or map. A pointer that is not nil is what it points to.
 */
export type GoValue = string | boolean | bigint | null | readonly GoValue[] | GoStruct;

/** A struct by the Go names of its fields, or a map. */
export type GoStruct = ReadonlyMap<string, GoValue>;

/** Go's zero value of a type. */
export function zeroValue(type: GoType): GoValue {
  switch (type.kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int':
      return 0n;
    case 'struct':
      return zeroStruct(type.struct);
    default:
      return null;
  }
}

/** A struct with all its fields zero. */
export function zeroStruct(struct: StructName): GoStruct {
  return new Map(fieldsOf(struct).map(({ name, type }) => [name, zeroValue(type)]));
}

/** A struct with some fields replaced. */
export function withFields(struct: GoStruct, changes: Readonly<Record<string, GoValue>>): GoStruct {
  return new Map([...struct, ...Object.entries(changes)]);
}

/** Go's reflect.DeepEqual: a nil slice or map differs from an empty one. */
export function deepEqual(a: GoValue, b: GoValue): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => deepEqual(item, b[index] as GoValue));
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && deepEqual(item, b.get(key) as GoValue));
  }
  return a === b;
}

/** What is left of a value after Go wrote it as JSON and read it back: empty lists and maps that are not written come back as nil. */
export function throughJson(type: GoType, value: GoValue): GoValue {
  if (value === null) return null;
  if (type.kind === 'pointer') return throughJson(type.of, value);
  if (Array.isArray(value) && type.kind === 'slice') return value.map((item: GoValue) => throughJson(type.of, item));
  if (!(value instanceof Map)) return value;
  if (type.kind === 'map') return new Map([...value].map(([key, item]) => [key, throughJson(type.of, item as GoValue)]));
  if (type.kind !== 'struct') return value;
  return new Map(
    fieldsOf(type.struct).map(({ name, type: fieldType, omitEmpty }) => {
      const item = (value as GoStruct).get(name) ?? zeroValue(fieldType);
      return [name, omitEmpty && isEmptyList(fieldType, item) ? null : throughJson(fieldType, item)];
    }),
  );
}

/** A value as a runsc sees it whose package of specs is older: fields that it does not declare are dropped. */
export function asOfPackage(type: GoType, value: GoValue, has: (since: SpecPackage) => boolean): GoValue {
  if (value === null) return null;
  if (type.kind === 'pointer') return asOfPackage(type.of, value, has);
  if (Array.isArray(value) && type.kind === 'slice') return value.map((item: GoValue) => asOfPackage(type.of, item, has));
  if (!(value instanceof Map) || type.kind !== 'struct') return value;
  return new Map(
    fieldsOf(type.struct).map(({ name, type: fieldType, since }) => {
      const item = (value as GoStruct).get(name) ?? zeroValue(fieldType);
      return [name, since === null || has(since) ? asOfPackage(fieldType, item, has) : zeroValue(fieldType)];
    }),
  );
}

function isEmptyList(type: GoType, value: GoValue): boolean {
  if (type.kind === 'slice') return Array.isArray(value) && value.length === 0;
  return type.kind === 'map' && value instanceof Map && value.size === 0;
}

/** A field that is a string; empty when the struct is nil. */
export function stringOf(struct: GoStruct | null, name: string): string {
  const value = struct?.get(name);
  return typeof value === 'string' ? value : '';
}

/** A field that is a struct, a pointer to one, or a map; null for nil. */
export function structOf(struct: GoStruct | null, name: string): GoStruct | null {
  const value = struct?.get(name);
  return value instanceof Map ? (value as GoStruct) : null;
}

/** A field that is a list; null for nil. */
export function listOf(struct: GoStruct | null, name: string): readonly GoValue[] | null {
  const value = struct?.get(name);
  return Array.isArray(value) ? (value as readonly GoValue[]) : null;
}

/** The structs of a list. */
export function structsOf(struct: GoStruct | null, name: string): readonly GoStruct[] {
  return (listOf(struct, name) ?? []).filter((item): item is GoStruct => item instanceof Map);
}
