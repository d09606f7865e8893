/** The declared types of a dump, as the bytes that are printed for each struct and field of them. */
import type { DeclaredType } from '../graph.ts';
import { createPrintBuffer, type PrintBuffer, putAscii } from './print-buffer.ts';
import { putName } from './print-text.ts';

/**
 * The types that a dump knows at one place, by id.
 *
 * runsc numbers graphs by the raw data between them, and keeps types by that number and their id: graphs of one number share them,
 * those of a later graph taking the place of those of an earlier one.
 */
export interface PrintedTypes {
  readonly html: boolean;
  graph: string;
  readonly known: (DeclaredType | undefined)[];
  /** Texts one after another: `struct[g0t5=name]{` of each type, `name: ` of each field. */
  readonly texts: PrintBuffer;
  /** By type id: where `g0t5=name` begins and ends (it ends at 0 for a type that is not known), and which field is its first. */
  labelStart: Uint32Array;
  labelEnd: Uint32Array;
  firstField: Uint32Array;
  fieldCount: Uint32Array;
  /** By type id: the text from `struct[` to `{`, made when it is first printed. */
  readonly structs: (Uint8Array | undefined)[];
  /** By number of a field: where its text begins and ends. */
  fieldStart: Uint32Array;
  fieldEnd: Uint32Array;
  fields: number;
  /** Bytes of `texts` when it was last begun anew. */
  live: number;
}

/** Bytes of `struct[` before a type's text, and of `]{` behind it. */
const STRUCT_START = 7;
const STRUCT_END = 2;

/** The text from `struct[` to `{` of a type, or null when the dump does not know it. */
export function structText(types: PrintedTypes, id: number): Uint8Array | null {
  const known = types.structs[id];
  if (known !== undefined) return known;
  const end = id < types.labelEnd.length ? (types.labelEnd[id] as number) : 0;
  if (end === 0) return null;
  const text = types.texts.bytes.subarray((types.labelStart[id] as number) - STRUCT_START, end + STRUCT_END);
  types.structs[id] = text;
  return text;
}

export function createPrintedTypes(html: boolean): PrintedTypes {
  return {
    html,
    graph: '0',
    known: [],
    texts: createPrintBuffer(),
    labelStart: new Uint32Array(0),
    labelEnd: new Uint32Array(0),
    firstField: new Uint32Array(0),
    fieldCount: new Uint32Array(0),
    structs: [],
    fieldStart: new Uint32Array(0),
    fieldEnd: new Uint32Array(0),
    fields: 0,
    live: 0,
  };
}

/** Goes on to the graph of the next number, which knows no types yet. */
export function forgetTypes(types: PrintedTypes, graph: string): void {
  types.graph = graph;
  types.known.length = 0;
  types.structs.length = 0;
  types.labelEnd.fill(0);
  types.fieldCount.fill(0);
  types.texts.length = 0;
  types.fields = 0;
  types.live = 0;
}

/** Replaced texts that are kept, so that many small graphs do not cost a new beginning each. */
const MOST_STALE = 1 << 20;

/** Adds the types of a graph. */
export function addTypes(types: PrintedTypes, declared: readonly DeclaredType[]): void {
  const { known, texts } = types;
  for (const type of declared) known[type.id] = type;
  if (texts.length <= 2 * types.live + MOST_STALE) {
    for (const type of declared) addType(types, type);
    return;
  }
  texts.length = 0;
  types.structs.length = 0;
  types.fields = 0;
  for (const type of known) if (type !== undefined) addType(types, type);
  types.live = texts.length;
}

function addType(types: PrintedTypes, { id, name, fields }: DeclaredType): void {
  const { texts, html, graph } = types;
  makeRoom(types, id, types.fields + fields.length);
  types.structs[id] = undefined;
  putAscii(texts, 'struct[');
  types.labelStart[id] = texts.length;
  const tag = `g${graph}t${id}`;
  if (html) putAscii(texts, `<a href="#${tag}">`);
  putAscii(texts, `${tag}=`);
  putDeclaredName(texts, name, html);
  if (html) putAscii(texts, '</a>');
  types.labelEnd[id] = texts.length;
  putAscii(texts, ']{');
  types.firstField[id] = types.fields;
  types.fieldCount[id] = fields.length;
  for (const field of fields) {
    types.fieldStart[types.fields] = texts.length;
    putDeclaredName(texts, field, html);
    putAscii(texts, ': ');
    types.fieldEnd[types.fields] = texts.length;
    types.fields++;
  }
}

function makeRoom(types: PrintedTypes, id: number, fields: number): void {
  if (id >= types.labelStart.length) {
    const size = Math.max(64, id * 2);
    types.labelStart = grown(types.labelStart, size);
    types.labelEnd = grown(types.labelEnd, size);
    types.firstField = grown(types.firstField, size);
    types.fieldCount = grown(types.fieldCount, size);
  }
  if (fields > types.fieldStart.length) {
    types.fieldStart = grown(types.fieldStart, fields * 2);
    types.fieldEnd = grown(types.fieldEnd, fields * 2);
  }
}

function grown(from: Uint32Array, size: number): Uint32Array {
  const to = new Uint32Array(size);
  to.set(from);
  return to;
}

const encoder = new TextEncoder();

/** Appends the name of a declared type or field. */
export function putDeclaredName(buffer: PrintBuffer, name: string, html: boolean): void {
  const bytes = encoder.encode(name);
  putName(buffer, bytes, 0, bytes.length, html);
}

/** The text of a type that the dump does not know. */
export function unknownType(types: PrintedTypes, id: bigint): string {
  const tag = `g${types.graph}t${id}`;
  return types.html ? `<a href="#${tag}">${tag}!missing-type-spec</a>` : `${tag}!missing-type-spec`;
}
