import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonListPieces, jsonPieces, renderJson } from '../../../src/report/json.ts';

test('reads back as the document, and is laid out as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
      const text = renderJson(document);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
      expect(text).toBe(`${JSON.stringify(document, null, 2)}\n`);
    }),
  );
});

test('characters that a terminal acts upon are escaped and come back', () => {
  const document = { name: 'a\u202eb\u009bc\u{e0001}', list: [{ text: '\u2028' }] };
  const text = renderJson(document);
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(JSON.parse(text)).toEqual(document);
});

test('every item of a list at the top is a piece of its own', () => {
  const items = Array.from({ length: 100 }, (_, id) => ({ id }));
  expect([...jsonPieces({ items })].filter((piece) => piece.includes('"id"')).length).toBe(100);
});

test('a list of documents is laid out as JSON.stringify does, piece by piece', () => {
  for (const items of [[], [{ a: [1, { b: 'x' }] }], [{ a: 1 }, {}, { c: { d: [] } }]]) {
    expect([...jsonListPieces(items)].join('')).toBe(`${JSON.stringify(items, null, 2)}\n`);
  }
  let made = 0;
  const endless = function* (): Generator<object> {
    for (;;) yield { id: made++ };
  };
  const pieces = jsonListPieces(endless());
  pieces.next();
  expect(made).toBe(1);
});
