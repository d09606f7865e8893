import { describe, expect, it } from 'vitest';
import { isPattern, namePattern } from '../../../src/bytes/name-pattern.ts';

describe('a pattern of names', () => {
  it.each<[pattern: string, fits: string[], fails: string[]]>([
    ['*', ['', 'a', 'a.b'], []],
    ['a*c', ['ac', 'abc', 'acc'], ['a', 'ab', 'abcd']],
    ['*a*b*', ['ab', 'xaxbx'], ['ba', 'a']],
    ['?', ['a', 'ä', '😀'], ['', 'ab']],
    ['node-[0-9]', ['node-0', 'node-9'], ['node-a', 'node-10']],
    ['[!a-c]x', ['dx', '-x'], ['ax', 'x']],
    ['[^a]', ['b'], ['a']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a-]', ['a', '-'], ['b']],
    ['[a', ['[a'], ['a']],
    ['\\*', ['*'], ['a', '\\*']],
    ['a\\', ['a\\'], ['a']],
    ['', [''], ['a']],
    ['.*+(x)|$', ['.+(x)|$', '.y+(x)|$'], ['y']],
  ])('%s', (pattern, fits, fails) => {
    const test = namePattern(pattern);
    expect(fits.filter((name) => !test(name))).toEqual([]);
    expect(fails.filter((name) => test(name))).toEqual([]);
  });

  it('takes no more than the product of the lengths', () => {
    expect(namePattern(`${'*a'.repeat(2000)}b`)('a'.repeat(20_000))).toBe(false);
  });

  it('is told from a name', () => {
    expect(['a*', 'a?', '[a]'].every(isPattern)).toBe(true);
    expect(['a', 'a]', 'a{b}', '~'].some(isPattern)).toBe(false);
  });
});
