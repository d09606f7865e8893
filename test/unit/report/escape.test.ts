import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AMD64_FEATURES } from '../../../src/cpu/features-amd64.ts';
import { ARM64_FEATURES } from '../../../src/cpu/features-arm64.ts';
import { escapeAll, escapeText, LONGEST_TEXT } from '../../../src/report/escape.ts';
import { renderJson } from '../../../src/report/json.ts';

/** Every character that a terminal acts upon, or that cannot be seen. */
const ACTS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const anyText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.constantFrom('\x1b', '\u202e', '\x9b', '\ud800', '\u{e0001}'),
  ),
});

describe('escapeText', () => {
  test.each([
    ['\x1b[31m', '\\x1b[31m'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\x7f\x9b', '\\x7f\\x9b'],
    ['\u202egpj.exe', '\\u202egpj.exe'],
    ['\u2066x\u2069', '\\u2066x\\u2069'],
    ['\u2028', '\\u2028'],
    ['\ud800', '\\ud800'],
    ['\u{e0001}', '\\u{e0001}'],
    ['\ufffe\uffff\u{1fffe}', '\\ufffe\\uffff\\u{1fffe}'],
    ['naïve 日本語 👍', 'naïve 日本語 👍'],
    ['C:\\x1b', 'C:\\x1b'],
  ])('%j becomes %j', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  test('leaves nothing that a terminal acts upon, and what is safe alone', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const escaped = escapeText(text);
        expect(escaped).not.toMatch(ACTS);
        expect(escapeText(escaped)).toBe(escaped);
        if (!ACTS.test(text)) expect(escaped).toBe(text);
      }),
    );
  });
});

describe('a text that is too long', () => {
  test('is shown by its beginning and its length', () => {
    expect(escapeText('1'.repeat(LONGEST_TEXT))).toBe('1'.repeat(LONGEST_TEXT));
    const note = '… (15000000 characters)';
    expect(escapeText('1'.repeat(15_000_000))).toBe('1'.repeat(LONGEST_TEXT - note.length) + note);
    expect(escapeAll({ a: ['x'.repeat(LONGEST_TEXT + 1)] }).a[0]).toMatch(/^x+… \(4097 characters\)$/);
  });

  test('counts as it is shown, and is cut within no character and no escape', () => {
    for (const [unit, shown] of [
      ['\x1b', '\\x1b'],
      ['👍', '👍'],
      ['\ud800', '\\ud800'],
    ] as const)
      for (const before of ['', 'a', 'ab', 'abc']) {
        const text = before + unit.repeat(2000);
        const escaped = escapeText(text);
        if (before.length + shown.length * 2000 <= LONGEST_TEXT) expect(escaped).toBe(before + shown.repeat(2000));
        else expect(escaped.replace(`… (${text.length} characters)`, '').slice(before.length).replaceAll(shown, '')).toBe('');
        expect(escaped.length).toBeLessThanOrEqual(LONGEST_TEXT);
        expect(escaped).not.toMatch(ACTS);
        expect(escapeText(escaped)).toBe(escaped);
      }
  });

  test('is longer than anything with the name of every feature', () => {
    for (const features of [AMD64_FEATURES, ARM64_FEATURES])
      expect(features.map(({ name }) => `${name}:{}`).join(' ').length).toBeLessThan(LONGEST_TEXT / 2);
  });
});

describe('escapeAll', () => {
  test('reaches every string of a value and changes nothing else', () => {
    expect(escapeAll({ a: ['\x1b', 1, null, { '\x07': '\u202e', b: true }], c: undefined })).toEqual({
      a: ['\\x1b', 1, null, { '\\x07': '\\u202e', b: true }],
      c: undefined,
    });
  });
});

describe('renderJson', () => {
  test('says the same to a JSON reader and nothing to a terminal', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.array(anyText))), (value) => {
        const text = renderJson(value);
        expect(text.replaceAll('\n', '')).not.toMatch(ACTS);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text.endsWith('\n')).toBe(true);
      }),
    );
  });
});
