import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/documents/yaml.ts';
import { yamlLines } from '../../../src/report/yaml-lines.ts';

describe('yamlLines', () => {
  it.each([
    ['\ufffe\uffff'],
    ['a\n# b: {c}\u2028\u0085\x1b'],
    ['no'],
    ['1e3'],
    ['- a'],
    ['&a *b !c'],
    ['"'],
    ['\ud800'],
    ['\u{1ffff}'],
    ['...'],
    [''],
  ])('%j is itself as a key, a value and in a list, in lines without what a reader of YAML refuses', (text) => {
    const value = { [text]: text, list: [text, [text]], deep: { of: { [text]: [{ a: text }] } } };
    const lines = yamlLines(value);
    expect(lines.join('')).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Noncharacter_Code_Point}/u);
    expect(parseYaml(lines.join('\n'))[0]?.value).toEqual(value);
  });
});
