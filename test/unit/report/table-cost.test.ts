/**
 * That a table costs time and memory in proportion to its text. Shown by counting what cli-table3 is given, which needs quadratic time for
 * the lines of a table and for the characters of a cell, and by sizes at which anything but linear would not come to an end.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { table } from '../../../src/report/table.ts';

const given: string[][][] = [];
vi.mock('cli-table3', async (importOriginal) => {
  const { default: Table } = await importOriginal<{ default: typeof import('cli-table3') }>();
  return {
    default: class extends Table {
      override toString(): string {
        given.push([...this] as string[][]);
        return super.toString();
      }
    },
  };
});
beforeEach(() => {
  given.length = 0;
});

const OPTIONS = { indent: 2, width: 100 };
const withoutSpaces = (text: string) => text.replace(/\s/gu, '');
/** Nothing is lost, added or moved: cells stand in the order in which they are read. */
function expectAll(rows: readonly (readonly string[])[], lines: readonly string[]): void {
  const found = withoutSpaces(lines.join(''));
  const wanted = withoutSpaces(rows.flat().join(''));
  // Not toBe: texts of this size are not to be compared line by line for a message.
  expect(found === wanted).toBe(true);
}

describe('a table', () => {
  test('of 20000 rows hands them over in small parts, each once', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => [String(index), '-', `name ${index}`]);
    const lines = table(rows, OPTIONS);
    expect(lines).toHaveLength(20_000);
    expect(lines[1]).toBe('  1      -  name 1');
    expect(lines[19_999]).toBe('  19999  -  name 19999');
    expect(given.flat()).toHaveLength(20_000);
    expect(Math.max(...given.map((part) => part.length))).toBeLessThanOrEqual(16);
  });

  test('has more rows than a function takes arguments', () => {
    const rows = Array.from({ length: 150_000 }, (_, index) => [String(index), 'x'.repeat(257)]);
    expect(table(rows, OPTIONS)).toHaveLength(150_000);
  });

  test.each([
    ['words', 'mount, '.repeat(150_000)],
    ['one word', 'x'.repeat(1 << 20)],
    ['wide words', '日本語 '.repeat(260_000)],
    ['one wide word', '日'.repeat(1 << 20)],
    ['lines', 'reason\n'.repeat(20_000)],
    ['spaces', `${' '.repeat(1 << 20)}x`],
  ])('has a cell of a million characters: %s', (_, cell) => {
    for (const row of [
      ['name', cell],
      [cell.replace(/\n/g, ' '), 'x'],
    ]) {
      const rows = [['first', 'y'], row, ['last', 'z']];
      const lines = table(rows, OPTIONS);
      expectAll(rows, lines);
      // No other line is padded to the long one.
      expect(lines.join('\n').length).toBeLessThan(cell.length * 4 + 1000);
    }
    for (const text of given.flat(2)) {
      expect(text.length).toBeLessThanOrEqual(/^[ -~]*$/.test(text) ? 256 : 32);
    }
  });

  test('gives cli-table3 no cell that costs more than its length', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', 'é', '日', '👍', 'u\u0308'), maxLength: 600 });
    const rows = fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 40, max: 300 }), (some, width) => {
        given.length = 0;
        expectAll(some, table(some, { indent: 2, width }));
        for (const part of given) {
          expect(part.length).toBeLessThanOrEqual(16);
          for (const cell of part.flat()) {
            expect(cell).not.toContain('\n');
            expect(cell.length).toBeLessThanOrEqual(/^[ -~]*$/.test(cell) ? 256 : 32);
          }
        }
      }),
    );
  });

  test('looks the same whether cli-table3 draws a line or not', () => {
    const rows = [
      ['a', 'bb', 'one two'],
      ['日本', 'c', 'three'],
    ];
    const [first, second] = table(rows, OPTIONS);
    expect(table([...rows, ['a', 'b', 'x'.repeat(300)]], OPTIONS)).toEqual([first, second, `  a     b   ${'x'.repeat(300)}`]);
    const wide = '日'.repeat(40);
    expect(table([['a', wide], ...rows.map(([a, b]) => [a ?? '', b ?? ''])], OPTIONS)).toEqual([
      `  a     ${wide}`,
      '  a     bb',
      '  日本  c',
    ]);
    expect(given.flat()).toHaveLength(6);
  });

  test('lets a cell that is too wide to be padded to stick out', () => {
    const long = 'n'.repeat(300);
    expect(
      table(
        [
          [long, 'x'],
          ['a', 'y'],
        ],
        { indent: 0, width: 100 },
      ),
    ).toEqual([`${long}  x`, `${'a'.padEnd(256)}  y`]);
  });
});
