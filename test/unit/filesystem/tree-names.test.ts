import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames, nameBytes, nameText } from '../../../src/filesystem/tree-names.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('names of files', () => {
  it.each([
    ['', ''],
    ['a b\nc', 'a b\nc'],
    ['ünïcödé ☃ 𝄞', 'ünïcödé ☃ 𝄞'],
    ['\ufeffmark', '\ufeffmark'],
  ])('takes UTF-8 as it is: %j', (text, expected) => {
    expect(nameText(new TextEncoder().encode(text))).toBe(expected);
    expect(nameBytes(expected)).toEqual(new TextEncoder().encode(text));
  });

  it.each([
    ['a byte of Latin-1', bytes(0x61, 0xe4, 0x62), 'a\udce4b'],
    ['a sequence that is cut short', bytes(0xe2, 0x98), '\udce2\udc98'],
    ['an overlong sequence', bytes(0xc0, 0xaf), '\udcc0\udcaf'],
    ['an overlong sequence of three', bytes(0xe0, 0x80, 0xaf), '\udce0\udc80\udcaf'],
    ['a surrogate', bytes(0xed, 0xb2, 0x80), '\udced\udcb2\udc80'],
    ['beyond Unicode', bytes(0xf4, 0x90, 0x80, 0x80), '\udcf4\udc90\udc80\udc80'],
    ['a bad third byte', bytes(0xf0, 0x9d, 0x41, 0x80), '\udcf0\udc9dA\udc80'],
  ])('keeps %s', (_, name, text) => {
    expect(nameText(name)).toBe(text);
    expect(nameBytes(text)).toEqual(name);
  });

  it('gives every byte back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (name) => {
        expect(nameBytes(nameText(name))).toEqual(name);
      }),
    );
  });

  it('agrees with the decoder of the platform on what is UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (name) => {
        const valid = !new TextDecoder('utf-8', { ignoreBOM: true }).decode(name).includes('\ufffd');
        expect(/[\udc80-\udcff]/u.test(nameText(name))).toBe(!valid && !Buffer.from(name).includes(Buffer.from('\ufffd')));
      }),
    );
  });

  it('makes U+FFFD of surrogates that stand for no byte', () => {
    expect(nameBytes('\udcff\ud800')).toEqual(bytes(0xff, 0xef, 0xbf, 0xbd));
  });

  it('orders by code points, not by the units of strings', () => {
    const names = ['\uffff', '𝄞', 'b', 'a', 'ab', ''].map((text) => new TextEncoder().encode(text));
    expect(names.sort(compareNames).map((name) => nameText(name))).toEqual(['', 'a', 'ab', 'b', '\uffff', '𝄞']);
  });
});
