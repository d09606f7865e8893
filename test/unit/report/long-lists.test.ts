import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../../src/report/columns.ts';
import { firstOf, joined, LONGEST_LIST, withRest } from '../../../src/report/long-list.ts';
import { wordList } from '../../../src/report/wrap.ts';

const many = Array.from({ length: LONGEST_LIST + 234 }, (_, index) => `n${index}`);
const most = many.slice(0, LONGEST_LIST);

describe('a list that is too long', () => {
  test('is shown by its beginning and the number of the others', () => {
    expect(firstOf(most)).toEqual({ shown: most, more: null });
    expect(firstOf(many)).toEqual({ shown: most, more: '… and 234 more (--json has all)' });
  });

  test('in one line, in lines of its own, and wrapped', () => {
    expect(joined(['a', 'b'], ', ')).toBe('a, b');
    expect(joined(many, ', ')).toBe(`${most.join(', ')} … and 234 more (--json has all)`);
    expect(withRest(['x'], firstOf(many), 2)).toEqual(['x', '  … and 234 more (--json has all)']);
    expect(withRest(['x'], firstOf(most), 2)).toEqual(['x']);
    expect(wordList(many, 2, 80).join('\n')).toMatch(/ n999 … and\s+234\s+more\s+\(--json\s+has\s+all\)$/);
  });
});

describe('columnsOf', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['naïve', 5],
    ['nai\u0308ve', 5],
    ['日本語', 6],
    ['한국', 4],
    ['👍', 2],
    ['… и ─', 5],
    ['\u{20000}', 2],
  ])('%j takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });
});
