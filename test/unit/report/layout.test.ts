import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AMD64_FEATURES } from '../../../src/cpu/features-amd64.ts';
import { ARM64_FEATURES } from '../../../src/cpu/features-arm64.ts';
import { byFamily } from '../../../src/report/feature-families.ts';
import { byteSize, countOf, timeText } from '../../../src/report/quantities.ts';
import { styleFor } from '../../../src/report/style.ts';
import { pairs, table } from '../../../src/report/table.ts';
import { hanging, wordList, wrap } from '../../../src/report/wrap.ts';

const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { maxLength: 30 });

describe('wrap', () => {
  test('loses no word and keeps to the width where words allow', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 120 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        expect(lines.join(' ')).toBe(list.join(' '));
        for (const line of lines) expect(line.length <= width || !line.includes(' ')).toBe(true);
      }),
    );
  });

  test('loses nothing of any text, long or short', () => {
    const wordsOf = (text: string) => text.split(' ').filter((word) => word !== '');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer({ min: 1, max: 60 }), (text, width) => {
        expect(wrap(text, width).flatMap(wordsOf)).toEqual(wordsOf(text));
      }),
    );
    const long = Array.from({ length: 200_000 }, (_, index) => String(index));
    expect(wrap(long.join(' '), 80).join(' ').split(' ')).toEqual(long);
  });

  test('indents behind what stands first', () => {
    expect(hanging('  * ', 'one two three four five six', 24)).toEqual(['  * one two three four', '    five six']);
    expect(wordList(['a', 'b'], 4, 80)).toEqual(['    a b']);
    expect(wordList([], 4, 80)).toEqual([]);
  });
});

describe('table', () => {
  test('aligns columns, wraps the last and ends no line with a space', () => {
    expect(
      table(
        [
          ['a', 'bb', 'one two three four five six seven eight nine'],
          ['ccc', 'd', ''],
        ],
        { indent: 2, width: 44 },
      ),
    ).toEqual(['  a    bb  one two three four five six seven', '           eight nine', '  ccc  d']);
  });

  test('puts numbers to the right, marked up or not', () => {
    const rows = [
      ['5 KiB', 'a'],
      ['12.5 MiB', 'b'],
    ];
    const options = { indent: 0, width: 80, numbers: [0], head: { cells: ['SIZE', 'NAME'], paint: (cell: string) => cell } };
    const plain = table(rows, options);
    expect(plain).toEqual(['    SIZE  NAME', '   5 KiB  a', '12.5 MiB  b']);
    const style = styleFor({ color: true });
    expect(table(rows, { ...options, paint: style.good }).map(stripVTControlCharacters)).toEqual(plain);
  });

  test('is as wide with colours and wide characters as without', () => {
    const style = styleFor({ color: true });
    const plain = table(
      [
        ['ab', 'x'],
        ['abcd', 'y'],
      ],
      { indent: 0, width: 80 },
    );
    const colored = table(
      [
        ['ab', 'x'],
        ['abcd', 'y'],
      ],
      { indent: 0, width: 80, paint: (cell, column) => (column === 0 ? style.bad(cell) : cell) },
    );
    expect(colored.map(stripVTControlCharacters)).toEqual(plain);
    expect(
      table(
        [
          ['日本', 'x'],
          ['abcd', 'y'],
        ],
        { indent: 0, width: 80 },
      ),
    ).toEqual(['日本  x', 'abcd  y']);
  });

  test('cuts nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,40}$/), fc.stringMatching(/^[a-z ]{0,200}$/)), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer({ min: 10, max: 120 }),
        (rows, width) => {
          const text = table(rows, { indent: 2, width }).join(' ');
          for (const [name, value] of rows) for (const word of [name, ...value.split(' ')]) expect(text).toContain(word);
        },
      ),
    );
  });

  test('leaves out what is not known', () => {
    expect(
      pairs(
        [
          ['a', null],
          ['b', '1'],
          ['c', ''],
        ],
        { indent: 0, width: 80 },
      ),
    ).toEqual(['b  1']);
    expect(pairs([], { indent: 0, width: 80 })).toEqual([]);
  });
});

describe('quantities', () => {
  test.each([
    [0, '0 bytes', '0 bytes'],
    [1, '1 byte', '1 byte'],
    [1023, '1023 bytes', '1023 bytes'],
    [1024, '1 KiB (1024 bytes)', '1 KiB'],
    [1_474_560, '1.4 MiB (1474560 bytes)', '1.4 MiB'],
    [2 ** 53 - 1, '8 PiB (9007199254740991 bytes)', '8 PiB'],
  ])('%i bytes', (bytes, exact, short) => {
    expect([byteSize(bytes), byteSize(bytes, 'short')]).toEqual([exact, short]);
  });

  test('counts and times', () => {
    expect([countOf(1, 'feature'), countOf(2, 'feature'), countOf(0, 'entry', 'entries')]).toEqual([
      '1 feature',
      '2 features',
      '0 entries',
    ]);
    expect(timeText('2026-11-23T04:38:51.168Z')).toBe('2026-11-23 04:38:51 UTC');
    expect(timeText('sometime')).toBe('sometime');
  });
});

describe('feature families', () => {
  test.each([
    ['amd64', AMD64_FEATURES],
    ['arm64', ARM64_FEATURES],
  ])('hold every feature of %s once', (_arch, features) => {
    const names = features.map((feature) => feature.name);
    expect(
      byFamily(names)
        .flatMap((group) => group.names)
        .sort(),
    ).toEqual([...names].sort());
  });

  test('keep the order of the names', () => {
    expect(byFamily(['sse2', 'avx512bw', 'sse', 'avx512f', 'no_such'])).toEqual([
      { family: 'AVX-512', names: ['avx512bw', 'avx512f'] },
      { family: 'SSE, MMX', names: ['sse2', 'sse'] },
      { family: 'other', names: ['no_such'] },
    ]);
  });
});
