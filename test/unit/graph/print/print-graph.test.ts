import { describe, expect, test } from 'vitest';
import { isPrintable } from '../../../../src/graph/print/printable.ts';
import { dumpOf } from '../../../support/dump-of.ts';
import { createGraph, type GraphBuilder } from '../../../support/graph-builder.ts';
import {
  array,
  bool,
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
} from '../../../support/wire-value.ts';

/** The text of one value, as object 1 of a graph that may declare types first. */
async function printed(value: WireValue | ((graph: GraphBuilder) => WireValue), html = false): Promise<string> {
  const graph = createGraph();
  const id = graph.reserve();
  graph.define(id, typeof value === 'function' ? value(graph) : value);
  const text = await dumpOf([graph.encode()], { html });
  const tag = html ? 'g0r1</a><a href="#g0r1">&#9875;</a> = ' : 'g0r1 = ';
  const begin = text.lastIndexOf(tag);
  expect(begin).toBeGreaterThanOrEqual(0);
  return text.slice(begin + tag.length, -1);
}

const struct = (...fields: WireValue[]): WireValue => ({ kind: 'struct', typeId: fields.length === 0 ? 0 : 9, fields });
const lines = (...all: string[]): string => all.join('\n');

describe('plain values', () => {
  test.each<[WireValue, string]>([
    [nil(), 'nil'],
    [bool(true), 'true'],
    [bool(false), 'false'],
    [int(0), '0'],
    [int(-1), '-1'],
    [int(-(1n << 63n)), '-9223372036854775808'],
    [int((1n << 63n) - 1n), '9223372036854775807'],
    [int(-(1n << 53n)), '-9007199254740992'],
    [uint((1n << 64n) - 1n), '18446744073709551615'],
    [uint(10_000_000_000_000_000_000n), '10000000000000000000'],
    [uint(1_000_000_000), '1000000000'],
  ])('%o', async (value, text) => {
    expect(await printed(value)).toBe(text);
  });

  // What Go 1.22's fmt printed of them.
  test.each<[number, string]>([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [1.5, '1.5'],
    [999_999, '999999'],
    [1e6, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [1e20, '1e+20'],
    [1e21, '1e+21'],
    [1.5e21, '1.5e+21'],
    [0.0001, '0.0001'],
    [0.000_01, '1e-05'],
    [5e-324, '5e-324'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('float64 %d', async (value, text) => {
    expect(await printed(float64(value))).toBe(text);
  });

  test.each<[number, string]>([
    [0.1, '0.1'],
    [1 / 3, '0.33333334'],
    [2 ** -12, '0.00024414062'],
    [54_979.5625, '54979.562'],
    [16_777_216, '1.6777216e+07'],
    [2 ** -149, '1e-45'],
    [-0, '-0'],
  ])('float32 %d', async (value, text) => {
    expect(await printed({ kind: 'float32', value: Math.fround(value) })).toBe(text);
  });

  test.each<[number, number, string]>([
    [1, -2.5, '1.000000+-2.500000i'],
    [-0, Number.NaN, '-0.000000+NaNi'],
    [Number.POSITIVE_INFINITY, 2 ** 70, '+Inf+1180591620717411303424.000000i'],
    [1 / 128, 3 / 128, '0.007812+0.023438i'],
  ])('complex %d %d', async (real, imaginary, text) => {
    expect(await printed({ kind: 'complex128', real, imaginary })).toBe(text);
    if (Number.isFinite(imaginary)) expect(await printed({ kind: 'complex64', real, imaginary })).toBe(text);
  });
});

describe('strings', () => {
  test.each<[string | number[], string]>([
    ['', '""'],
    ['plain', '"plain"'],
    ['a"b\\c\'<&>', '"a\\"b\\\\c\'<&>"'],
    ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\u0000\u001b\u007f', '"\\x00\\x1b\\x7f"'],
    ['é€😀', '"é€😀"'],
    ['\u0080\u00a0\u00ad', '"\\u0080\\u00a0\\u00ad"'],
    ['\u202e\u2028\ufeff\uffff', '"\\u202e\\u2028\\ufeff\\uffff"'],
    ['\u{e0001}\u{10ffff}\u{e0100}', '"\\U000e0001\\U0010ffff\u{e0100}"'],
    [[0xff, 0x41, 0xc3], '"\\xffA\\xc3"'],
    [[0xed, 0xa0, 0x80], '"\\xed\\xa0\\x80"'],
    [[0xc0, 0x80, 0xf4, 0x90, 0x80, 0x80], '"\\xc0\\x80\\xf4\\x90\\x80\\x80"'],
    [[0xef, 0xbf, 0xbd, 0xe2, 0x82], '"\ufffd\\xe2\\x82"'],
  ])('%o', async (value, text) => {
    expect(await printed(string(typeof value === 'string' ? value : Uint8Array.from(value)))).toBe(text);
  });

  test('of any length, cut between characters only', async () => {
    const text = `x${'é€😀'.repeat(100_000)}`;
    expect(await printed(string(text))).toBe(`"${text}"`);
    const nested = await printed(array([string('\u0001'.repeat(400_000)), string('b')]));
    expect(nested).toBe(lines('[', `\t"${'\\x01'.repeat(400_000)}",`, '\t"b",', ']'));
  });

  test('printable are letters, marks, numbers, punctuation and symbols of Unicode 15.0', () => {
    const later = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;
    let count = 0;
    for (let code = 0x7f; code <= 0x10ffff; code++) {
      if (!isPrintable(code)) continue;
      count++;
      // Node has Unicode 15.0 or newer, in which characters are added and none becomes unprintable.
      if (!later.test(String.fromCodePoint(code))) throw new Error(`U+${code.toString(16)}`);
    }
    expect(count).toBe(148_903);
    // Added in 15.1, 16.0 and 17.0.
    for (const code of [0x2ebf0, 0x2ffc, 0x1c89, 0x105c0, 0x11db0, 0x323b0]) expect(isPrintable(code)).toBe(false);
    // Added in 15.0.
    for (const code of [0x0cf3, 0x11f00, 0x1e4d0, 0x31350]) expect(isPrintable(code)).toBe(true);
  });
});

describe('references', () => {
  const pointer = (id: number): TypeSpec => ({ spec: 'pointer', to: { spec: 'id', id } });

  test('whole, with dots as they are stored, and slices', async () => {
    expect(await printed(ref(0))).toBe('g0r0');
    const into = (graph: GraphBuilder) => refInto(1, ['a', 7, 'b'], graph.spec('pkg/x.T', ['a']));
    expect(await printed(into)).toBe('(*g0t1=pkg/x.T)(g0r1).b[7].a');
    expect(await printed(slice(1, 2, 5))).toBe('g0r1{len:2,cap:5}');
  });

  test('indexes have 32 bits', async () => {
    expect(await printed(refInto(1, [2 ** 32 + 3, 2 ** 40], { spec: 'nil' }))).toBe('(*)(g0r1)[0][3]');
  });

  test('type specs', async () => {
    const spec: TypeSpec = {
      spec: 'map',
      key: { spec: 'map', key: pointer(1), value: { spec: 'nil' } },
      value: { spec: 'array', count: 3, of: { spec: 'slice', of: { spec: 'id', id: 2 } } },
    };
    const value = (graph: GraphBuilder): WireValue => {
      graph.type('pkg/x.T');
      return { kind: 'interface', type: spec, value: nil() };
    };
    expect(await printed(value)).toBe('interface[(map[(map[(*g0t1=pkg/x.T)])][3](([]g0t2!missing-type-spec)))]{nil}');
  });
});

describe('arrays', () => {
  const item = (text: string) => `\t${text},`;

  test('zeros are printed when something follows, else counted', async () => {
    expect(await printed(array([]))).toBe('[]');
    expect(await printed(array([nil(), nil()]))).toBe(lines('[', '\t... (2 zeros),', ']'));
    expect(await printed(array([string(''), string('a'), string(''), string(''), string('b'), string('')]))).toBe(
      lines('[', ...['""', '"a"', '""', '""', '"b"', '... (1 zeros)'].map(item), ']'),
    );
  });

  test('numbers and booleans never count as zero', async () => {
    for (const [value, text] of [
      [uint(0), '0'],
      [int(0), '0'],
      [bool(false), 'false'],
      [float64(0), '0'],
    ] as const)
      expect(await printed(array([value, value]))).toBe(lines('[', item(text), item(text), ']'));
  });

  test.each<[string, WireValue, WireValue]>([
    ['references', ref(0), ref(1)],
    ['slices, by capacity', slice(1, 0, 0), slice(0, 0, 1)],
    [
      'complex numbers, of either sign',
      { kind: 'complex64', real: -0, imaginary: 0 },
      { kind: 'complex64', real: 0, imaginary: 1 },
    ],
    ['maps', map([]), map([[nil(), nil()]])],
    ['arrays', array([array([nil()]), array([])]), array([array([nil()]), array([bool(false)])])],
    ['structs', struct(nil(), string('')), struct(nil(), uint(0))],
    ['structs without fields, with others', struct(), struct(bool(false))],
    ['interfaces', nilInterface(), { kind: 'interface', type: { spec: 'id', id: 1 }, value: nil() }],
    ['interfaces without a type', nilInterface(), { kind: 'interface', type: { spec: 'nil' }, value: uint(0) }],
  ])('%s', async (_, zero, other) => {
    const held = await printed(array([other, zero, zero]));
    expect(held.endsWith('\n\t... (2 zeros),\n]')).toBe(true);
    const shown = await printed(array([zero, zero, other]));
    expect(shown).not.toMatch(/^\t\.\.\./m);
    expect(shown.match(/\n\t(?=\S)(?![\]}])/g)).toHaveLength(3);
    expect(await printed(array([zero]))).toBe(lines('[', '\t... (1 zeros),', ']'));
  });

  test('of zeros beyond all memory cost nothing', async () => {
    const graph = createGraph();
    const bytes = graph.reserve();
    graph.define(bytes, array([nil()]));
    const encoded = graph.encode();
    const huge = Uint8Array.from([...encoded.subarray(0, -2), 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 5]);
    expect(await dumpOf([huge])).toBe(`g0r1 = [\n\t... (${2 ** 49} zeros),\n]\n`);
  });
});

describe('structs, maps and interfaces', () => {
  test('every line is indented by its depth', async () => {
    const value = (graph: GraphBuilder) =>
      graph.struct('T', {
        a: map([[string('k'), array([graph.struct('U', { x: string('1\n2') })])]]),
        b: { kind: 'interface', type: graph.spec('T', ['a', 'b']), value: array([uint(1)]) },
      });
    expect(await printed(value)).toBe(
      lines(
        'struct[g0t2=T]{',
        '\ta: map{',
        '\t\t"k": [',
        '\t\t\tstruct[g0t1=U]{',
        '\t\t\t\tx: "1\\n2",',
        '\t\t\t},',
        '\t\t],',
        '\t},',
        '\tb: interface[g0t2=T]{[',
        '\t\t\t1,',
        '\t\t]},',
        '}',
      ),
    );
  });

  test('fields beyond the declared ones have numbers', async () => {
    const value = (graph: GraphBuilder): WireValue => ({
      kind: 'struct',
      typeId: graph.type('T', ['only']),
      fields: [nil(), uint(2), struct()],
    });
    expect(await printed(value)).toBe(
      lines('struct[g0t1=T]{', '\tonly: nil,', '\t1: 2,', '\t2: struct[g0t0!missing-type-spec]{},', '}'),
    );
    expect(await printed({ kind: 'struct', typeId: 3, fields: [nil()] })).toBe(
      lines('struct[g0t3!missing-type-spec]{', '\t0: nil,', '}'),
    );
  });

  test('maps in stored order', async () => {
    expect(await printed(map([]))).toBe('map{}');
    const value = map([
      [uint(2), string('b')],
      [uint(1), string('')],
    ]);
    expect(await printed(value)).toBe(lines('map{', '\t2: "b",', '\t1: "",', '}'));
    const keys = map([[struct(uint(1)), map([])]]);
    expect(await printed(keys)).toBe(lines('map{', '\tstruct[g0t9!missing-type-spec]{', '\t\t0: 1,', '\t}: map{},', '}'));
  });

  test('a map of more entries than there can be is refused', async () => {
    const graph = createGraph();
    graph.object(map([[nil(), nil()]]));
    const bytes = Uint8Array.from([...graph.encode().subarray(0, -3), 0x80, 0x80, 0x80, 0x80, 0x10, 5, 5]);
    await expect(dumpOf([bytes])).rejects.toThrow(/at most 4194304 entries of nil in a map, found 4294967296 \(g0r1\)/);
    expect(await dumpOf([graph.encode()], { limits: { elements: 1 } })).toBe('g0r1 = map{\n\tnil: nil,\n}\n');
  });
});

describe('several graphs', () => {
  const withType = (name: string, value: (graph: GraphBuilder) => WireValue): Uint8Array => {
    const graph = createGraph();
    graph.type(name, ['f']);
    graph.object(value(graph));
    return graph.encode();
  };
  const second: WireValue = { kind: 'struct', typeId: 1, fields: [nil()] };

  test('share a number, and a later type takes the place of an earlier one', async () => {
    const graph = createGraph();
    graph.object({ ...second, typeId: 1 } as WireValue);
    const text = await dumpOf([withType('A', () => second), withType('B', () => second), graph.encode()]);
    expect(text).toBe(
      lines(
        'g0t1 = type A {',
        '\t0: f,',
        '}',
        'g0r1 = struct[g0t1=A]{',
        '\tf: nil,',
        '}',
        'g0t1 = type B {',
        '\t0: f,',
        '}',
        'g0r1 = struct[g0t1=B]{',
        '\tf: nil,',
        '}',
        'g0r1 = struct[g0t1=B]{',
        '\tf: nil,',
        '}',
        '',
      ),
    );
  });

  test('have another number behind raw data, and know no types of before', async () => {
    const graph = createGraph();
    graph.object(second);
    const text = await dumpOf([withType('A', () => nil()), 4096, 0, graph.encode(), 1]);
    expect(text).toBe(
      'g0t1 = type A {\n\t0: f,\n}\ng0r1 = nil\n(4096 bytes non-object data)\ng2r1 = struct[g2t1!missing-type-spec]{\n\t0: nil,\n}\n(1 bytes non-object data)\n',
    );
  });

  test('thousands that declare one type each', async () => {
    const graphs = Array.from({ length: 3000 }, (_, index) => withType(`Type${index}${'x'.repeat(500)}`, () => second));
    const text = await dumpOf(graphs);
    expect(text.match(/^g0r1 = struct/gm)).toHaveLength(3000);
    expect(text).toContain(`g0r1 = struct[g0t1=Type2999${'x'.repeat(500)}]{\n\tf: nil,\n}\n`);
  });
});

describe('hostile names', () => {
  test('are escaped, and cut when they are long', async () => {
    const value = (graph: GraphBuilder) =>
      graph.struct('a\u001b[31m\n', { 'x\u202e"': nil(), [`l${'o'.repeat(5000)}ng`]: nil() });
    expect(await printed(value)).toBe(
      lines('struct[g0t1=a\\x1b[31m\\n]{', '\tx\\u202e": nil,', `\tl${'o'.repeat(1023)}...(5003 bytes): nil,`, '}'),
    );
    expect(await printed(refInto(1, ['\u0007'], { spec: 'nil' }))).toBe('(*)(g0r1).\\a');
  });

  test('deep nesting is no recursion', async () => {
    let value: WireValue = uint(7);
    for (let level = 0; level < 5000; level++) value = array([value]);
    const graph = createGraph();
    graph.object(value);
    const text = await dumpOf([graph.encode()], { limits: { depth: 10_000 } });
    expect(text).toContain(`\n${'\t'.repeat(5000)}7,\n`);
  });
});

describe('HTML', () => {
  test('types and references are links, and everything is escaped', async () => {
    const graph = createGraph();
    const id = graph.reserve();
    graph.define(id, graph.struct('T<script>&', { 'f<b>': string('<a href="x">&é\u001b'), r: ref(1), s: slice(1, 1) }));
    const tag = (name: string) => `<a name="${name}">${name}</a><a href="#${name}">&#9875;</a> = `;
    expect(await dumpOf([graph.encode()], { html: true })).toBe(
      lines(
        `${tag('g0t1')}type T&lt;script&gt;&amp; {`,
        '\t0: f&lt;b&gt;,',
        '\t1: r,',
        '\t2: s,',
        '}',
        `${tag('g0r1')}struct[<a href="#g0t1">g0t1=T&lt;script&gt;&amp;</a>]{`,
        '\tf&lt;b&gt;: "&lt;a href=\\"x\\"&gt;&amp;&#xe9;\\x1b",',
        '\tr: <a href="#g0r1">g0r1</a>,',
        '\ts: <a href="#g0r1">g0r1</a>{len:1,cap:1},',
        '}',
        '',
      ),
    );
    const into = (builder: GraphBuilder) => refInto(1, ['<i>'], builder.spec('U'));
    expect(await printed(into, true)).toBe('<a href="#g0r1">(*<a href="#g0t1">g0t1=U</a>)(g0r1).&lt;i&gt;</a>');
    expect(await printed(struct(nil()), true)).toBe('struct[<a href="#g0t9">g0t9!missing-type-spec</a>]{\n\t0: nil,\n}');
  });
});
