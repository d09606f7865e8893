/**
 * The tags of gVisor's wire format.
 *
 * @see gVisor pkg/state/wire/wire.go (Load, typeXXX constants); docs/format.md "Wire format".
 */
export const KIND = {
  bool: 0,
  int: 1,
  uint: 2,
  float32: 3,
  float64: 4,
  nil: 5,
  ref: 6,
  string: 7,
  slice: 8,
  array: 9,
  map: 10,
  struct: 11,
  noFields: 12,
  fields: 13,
  interface: 14,
  complex64: 15,
  complex128: 16,
  type: 17,
} as const;

export const KIND_NAMES = [
  'bool',
  'int',
  'uint',
  'float32',
  'float64',
  'nil',
  'ref',
  'string',
  'slice',
  'array',
  'map',
  'struct',
  'no fields',
  'fields',
  'interface',
  'complex64',
  'complex128',
  'type',
] as const;

/** The tags of a type spec. */
export const SPEC = { id: 0, pointer: 1, array: 2, slice: 3, map: 4, nil: 5 } as const;

/** The name of a tag for messages: `ref`, or `0x3f` for none. */
export function kindName(tag: number): string {
  return KIND_NAMES[tag] ?? `0x${tag.toString(16).padStart(2, '0')}`;
}
