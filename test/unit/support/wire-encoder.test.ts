import { describe, expect, it } from 'vitest';
import { createByteSink } from '../../support/byte-sink.ts';
import { createGraph } from '../../support/graph-builder.ts';
import { encodeGraphHeader, encodeTypeSpec, wireBytes } from '../../support/wire-encoder.ts';
import {
  array,
  bool,
  field,
  float64,
  int,
  map,
  nil,
  nilInterface,
  ref,
  refInto,
  slice,
  string,
  type TypeSpec,
  uint,
  type WireValue,
} from '../../support/wire-value.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const struct = (typeId: number, ...fields: WireValue[]): WireValue => ({ kind: 'struct', typeId, fields });

/** Byte strings worked out by hand from the format description. */
const CASES: readonly (readonly [name: string, value: WireValue, bytes: string])[] = [
  ['false', bool(false), '0000'],
  ['true', bool(true), '0001'],
  ['int 0', int(0), '0100'],
  ['int -1', int(-1), '0101'],
  ['int 1', int(1), '0102'],
  ['int -64 is zigzag 127', int(-64), '017f'],
  ['int 64 is zigzag 128', int(64), '018001'],
  ['smallest int', int(-(1n << 63n)), '01ffffffffffffffffff01'],
  ['uint 300', uint(300), '02ac02'],
  ['largest uint', uint((1n << 64n) - 1n), '02ffffffffffffffffff01'],
  ['float32 1.5', { kind: 'float32', value: 1.5 }, '03808080fe03'],
  ['float64 1', float64(1), '0480808080808080f83f'],
  ['nil', nil(), '05'],
  ['nil pointer', ref(0), '060000'],
  ['pointer', ref(200), '06c80100'],
  [
    'pointer into a[3].b of type 4: innermost dot first',
    refInto(1, ['a', 3, 'b'], { spec: 'id', id: 4 }),
    '06010301620601610004',
  ],
  ['string', string('abc'), '0703616263'],
  ['string that is not UTF-8', string(Uint8Array.of(0xff, 0)), '0702ff00'],
  ['slice of 3, room for 5, over object 7', slice(7, 3, 5), '0803050700'],
  ['empty array', array([]), '0900'],
  ['array: only the first item has a tag', array([uint(1), uint(2), uint(200)]), '0903020102c801'],
  ['array of structs', array([struct(1, uint(5)), struct(1, uint(6))]), '09020b010205010206'],
  ['empty map', map([]), '0a00'],
  [
    'map: only the first key and value have tags',
    map([
      [int(1), bool(true)],
      [int(2), bool(false)],
    ]),
    '0a02010200010400',
  ],
  ['struct without fields', struct(3), '0b030c'],
  ['struct with one field: bare', struct(3, uint(1)), '0b030201'],
  ['struct with two fields', struct(3, uint(1), nil()), '0b030d02020105'],
  ['zero-size unregistered struct', struct(0), '0b000c'],
  ['nil interface', nilInterface(), '0e0505'],
  ['interface', { kind: 'interface', type: { spec: 'pointer', to: { spec: 'id', id: 9 } }, value: ref(2) }, '0e010009060200'],
  ['complex64 0+1.5i', { kind: 'complex64', real: 0, imaginary: 1.5 }, '0f00808080fe03'],
  ['complex128 1+0i', { kind: 'complex128', real: 1, imaginary: 0 }, '1080808080808080f83f00'],
  ['type', { kind: 'type', name: 'pkg.T', fields: ['a', 'bc'] }, '1105706b672e54020161026263'],
];

describe('wire encoder', () => {
  it.each(CASES)('%s', (_, value, bytes) => {
    expect(hex(wireBytes(value))).toBe(bytes);
  });

  it('writes every kind of type spec', () => {
    const sink = createByteSink();
    const of: TypeSpec = { spec: 'array', count: 2, of: { spec: 'slice', of: { spec: 'id', id: 8 } } };
    encodeTypeSpec(sink, { spec: 'map', key: { spec: 'pointer', to: { spec: 'nil' } }, value: of });
    expect(hex(sink.take())).toBe('040105020203' + '0008');
  });

  it('turns zero primitives into Nil as fields', () => {
    expect([bool(false), int(0), uint(0), float64(0), string('')].map((value) => field(value).kind)).toEqual(
      Array(5).fill('nil'),
    );
    expect([bool(true), int(1), ref(0), float64(-0)].map((value) => field(value).kind)).toEqual([
      'bool',
      'int',
      'ref',
      'float64',
    ]);
  });

  it('refuses arrays of several kinds', () => {
    expect(() => wireBytes(array([uint(1), int(1)]))).toThrow('uint, int');
  });

  it('encodes a value nested 100,000 deep', () => {
    let value: WireValue = nil();
    for (let i = 0; i < 100_000; i++) value = { kind: 'interface', type: { spec: 'nil' }, value };
    expect(wireBytes(value)).toHaveLength(200_001);
  });
});

describe('graph builder', () => {
  it('writes the graph header in ten bytes', () => {
    const sink = createByteSink();
    encodeGraphHeader(sink, 2);
    expect(hex(sink.take())).toBe('82808080808080808001');
  });

  it('puts types first, then objects by id, with gaps where asked for', () => {
    const graph = createGraph();
    const root = graph.reserve();
    graph.skipIds(2);
    const other = graph.object(uint(7));
    graph.define(root, graph.struct('T', { a: ref(other) }));
    expect(other).toBe(4n);
    expect(hex(graph.encode())).toBe(`82808080808080808001${'110154010161'}${'02010b01060400'}${'02040207'}`);
  });

  it('keeps bytes behind the length of a slice', () => {
    const graph = createGraph();
    const value = graph.byteSlice(Uint8Array.of(1, 200), Uint8Array.of(3));
    expect(value).toMatchObject({ kind: 'slice', length: 2, capacity: 3 });
    expect(hex(graph.encode())).toBe(`81808080808080808001${'0201'}${'0903'}${'0201c80103'}`);
  });
});
