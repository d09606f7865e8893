/** Wire values as the test encoder takes them: one variant per kind of record. */

/** A step from a root object to a part of it: an array index or a field name. */
export type Dot = number | string;

export type TypeSpec =
  | { readonly spec: 'id'; readonly id: number }
  | { readonly spec: 'pointer'; readonly to: TypeSpec }
  | { readonly spec: 'array'; readonly count: number; readonly of: TypeSpec }
  | { readonly spec: 'slice'; readonly of: TypeSpec }
  | { readonly spec: 'map'; readonly key: TypeSpec; readonly value: TypeSpec }
  | { readonly spec: 'nil' };

/** `dots` are in walking order here (outermost first); the encoder stores them innermost first. */
export interface RefValue {
  readonly kind: 'ref';
  /** Object id; 0 is the nil pointer. */
  readonly root: bigint;
  readonly dots: readonly Dot[];
  /** Type of the root object; written only when there are dots. */
  readonly type: TypeSpec;
}

export type WireValue =
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'uint'; readonly value: bigint }
  | { readonly kind: 'float32'; readonly value: number }
  | { readonly kind: 'float64'; readonly value: number }
  | { readonly kind: 'nil' }
  | RefValue
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'slice'; readonly length: number; readonly capacity: number; readonly ref: RefValue }
  | { readonly kind: 'array'; readonly items: readonly WireValue[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: WireValue, value: WireValue])[] }
  | { readonly kind: 'struct'; readonly typeId: number; readonly fields: readonly WireValue[] }
  | { readonly kind: 'interface'; readonly type: TypeSpec; readonly value: WireValue }
  | { readonly kind: 'complex64'; readonly real: number; readonly imaginary: number }
  | { readonly kind: 'complex128'; readonly real: number; readonly imaginary: number }
  | { readonly kind: 'type'; readonly name: string; readonly fields: readonly string[] };

export type WireKind = WireValue['kind'];

const NIL: WireValue = { kind: 'nil' };
const NIL_SPEC: TypeSpec = { spec: 'nil' };

export const nil = (): WireValue => NIL;
export const bool = (value: boolean): WireValue => ({ kind: 'bool', value });
export const int = (value: bigint | number): WireValue => ({ kind: 'int', value: BigInt(value) });
export const uint = (value: bigint | number): WireValue => ({ kind: 'uint', value: BigInt(value) });
export const float64 = (value: number): WireValue => ({ kind: 'float64', value });
export const string = (value: string | Uint8Array): WireValue => ({
  kind: 'string',
  bytes: typeof value === 'string' ? new TextEncoder().encode(value) : value,
});
export const array = (items: readonly WireValue[]): WireValue => ({ kind: 'array', items });
export const map = (entries: readonly (readonly [WireValue, WireValue])[]): WireValue => ({ kind: 'map', entries });

/** A pointer to a whole object; 0 is nil. */
export const ref = (root: bigint | number): RefValue => ({ kind: 'ref', root: BigInt(root), dots: [], type: NIL_SPEC });

/** A pointer into an object, with the way from its root and the root's type. */
export const refInto = (root: bigint | number, dots: readonly Dot[], type: TypeSpec): RefValue => ({
  kind: 'ref',
  root: BigInt(root),
  dots,
  type,
});

export const slice = (root: bigint | number, length: number, capacity = length): WireValue => ({
  kind: 'slice',
  length,
  capacity,
  ref: ref(root),
});

/** How gVisor saves a nil interface. */
export const nilInterface = (): WireValue => ({ kind: 'interface', type: NIL_SPEC, value: NIL });

/** A primitive as a struct field: zero becomes Nil, everything else stays what it is. */
export function field(value: WireValue): WireValue {
  switch (value.kind) {
    case 'bool':
      return value.value ? value : NIL;
    case 'int':
    case 'uint':
      return value.value === 0n ? NIL : value;
    case 'float32':
    case 'float64':
      return Object.is(value.value, 0) ? NIL : value;
    case 'string':
      return value.bytes.length === 0 ? NIL : value;
    case 'complex64':
    case 'complex128':
      return Object.is(value.real, 0) && Object.is(value.imaginary, 0) ? NIL : value;
    default:
      return value;
  }
}
