/** The first type of a graph that a restoring runsc would refuse, and where it would meet it. */
import { type Graph, typeOf } from '../../graph/graph.ts';
import { KIND } from '../../wire/kinds.ts';
import { arrayItems, readValue, type WireValue } from '../../wire/read-value.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { inDecodeOrder, type MetAs } from './decode-order.ts';

/** Where runsc meets the first type of which something is to be said. */
export interface FirstRefused {
  readonly typeId: number;
  readonly as: MetAs;
  /** Id of the stream object that is being decoded then. */
  readonly objectId: number;
  /** That object's type as Go prints it (`kernel.Task`), or null where the graph does not tell. */
  readonly goType: string | null;
  /** That object's value as Go prints it; pointers are {@link GO_POINTER}. Null where it cannot be given. */
  readonly goValue: string | null;
  /** Whether it is the first beyond doubt. Within an object, fields with load methods of their own are decoded last, which a graph does not show. */
  readonly certain: boolean;
}

export interface TypesInUse {
  /** By type id: 1 where a restoring runsc looks at the type. */
  readonly used: Uint8Array;
  /** The first of the suspects, or null when none is met. */
  readonly first: FirstRefused | null;
}

/** Stands for any pointer in what Go prints: an address where its heap begins. Real ones differ from run to run. */
const GO_POINTER = '0xc000000000';

/**
 * Finds the types in use, and the suspect that is met first.
 *
 * @param suspects type ids
 * @param order as {@link inDecodeOrder} wants it
 */
export function firstRefused(
  graph: Graph,
  suspects: ReadonlySet<number>,
  order: (typeId: number) => readonly number[] | null,
): TypesInUse {
  const used = new Uint8Array(graph.types.length + 1);
  let first: { readonly typeId: number; readonly as: MetAs; readonly object: number; readonly opening: boolean } | null = null;
  let alone = true;
  let current = -1;
  inDecodeOrder(graph, {
    order,
    type(typeId, as, object) {
      const opening = object !== current;
      current = object;
      if (typeId < used.length) used[typeId] = 1;
      if (!suspects.has(typeId)) return;
      if (first === null) first = { typeId, as, object, opening };
      else if (first.object === object && (first.typeId !== typeId || first.as !== as)) alone = false;
    },
  });
  if (first === null) return { used, first };
  // TypeScript does not see assignments in callbacks.
  const { typeId, as, object, opening } = first as { typeId: number; as: MetAs; object: number; opening: boolean };
  const value = readValue(graph.wire, { position: graph.positions[object] as number, kind: TAGGED });
  return {
    used,
    first: {
      typeId,
      as,
      objectId: graph.ids[object] as number,
      ...inGo(graph, value, graph.positions[object] as number),
      certain: opening || alone,
    },
  };
}

/** Arrays longer than this are not printed. */
const PRINTED_ITEMS = 4096;

/** Type and value of a stream object as `%T` and `%#v` print them: those of structs, and of arrays of structs. */
function inGo(graph: Graph, value: WireValue, position: number): Pick<FirstRefused, 'goType' | 'goValue'> {
  if (value.kind === 'struct') {
    const fields = fieldsInGo(graph, position);
    return {
      goType: goTypeOf(graph, value.typeId),
      goValue: fields === null ? null : `&wire.Struct{TypeID:0x${value.typeId.toString(16)}, fields:${fields}}`,
    };
  }
  if (value.kind !== 'array' || value.item !== KIND.struct || value.count > PRINTED_ITEMS) return { goType: null, goValue: null };
  const [at] = arrayItems(graph.wire, value);
  const item = at === undefined ? null : readValue(graph.wire, at);
  const type = item?.kind === 'struct' ? goTypeOf(graph, item.typeId) : null;
  const contents = Array<string>(value.count).fill(`(*wire.Struct)(${GO_POINTER})`).join(', ');
  return {
    goType: type === null ? null : `[${value.count}]${type}`,
    goValue: `&wire.Array{Contents:[]wire.Object{${contents}}}`,
  };
}

/** Package and name: every package with saved types is called like its directory. */
function goTypeOf(graph: Graph, typeId: number): string | null {
  const name = typeOf(graph, typeId)?.name;
  return name === undefined ? null : name.slice(name.lastIndexOf('/') + 1);
}

const POINTERS: ReadonlyMap<number, string> = new Map([
  [KIND.ref, 'Ref'],
  [KIND.string, 'String'],
  [KIND.slice, 'Slice'],
  [KIND.array, 'Array'],
  [KIND.map, 'Map'],
  [KIND.struct, 'Struct'],
  [KIND.interface, 'Interface'],
  [KIND.complex64, 'Complex64'],
  [KIND.complex128, 'Complex128'],
]);

/** The fields of the struct whose tag is at `position`: none, several, or the one that there is. @see gVisor pkg/state/wire/wire.go: Struct */
function fieldsInGo(graph: Graph, position: number): string | null {
  const { bytes } = graph.wire;
  let at = position + 1;
  while ((bytes[at] as number) >= 0x80) at++;
  const tag = bytes[at + 1] as number;
  if (tag === KIND.noFields) return 'wire.noObjects{}';
  if (tag === KIND.fields) return `(*wire.multipleObjects)(${GO_POINTER})`;
  const pointer = POINTERS.get(tag);
  if (pointer !== undefined) return `(*wire.${pointer})(${GO_POINTER})`;
  const value = readValue(graph.wire, { position: at + 1, kind: TAGGED });
  if (value.kind === 'nil') return 'wire.Nil{}';
  if (value.kind === 'bool' || value.kind === 'int') return String(value.value);
  return value.kind === 'uint' ? `0x${value.value.toString(16)}` : null;
}
