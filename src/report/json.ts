/** Any document as JSON. */

/** Characters that JSON allows as they are and a terminal acts upon; JSON.stringify escapes the others by itself. */
const UNSAFE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;

type Json = object | string | number | boolean | null;

/**
 * The document as indented JSON with one newline at the end. Fields keep their order.
 *
 * Characters that a terminal would act upon are written as `\u…`, which any JSON reader turns back.
 */
export function renderJson(document: Json): string {
  return [...jsonPieces(document)].join('');
}

/** The same in pieces, one for each item of a list at the top: a document may be longer than a string can be. */
export function* jsonPieces(document: Json): Generator<string> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    yield `${indented(document, '')}\n`;
    return;
  }
  const fields = Object.entries(document).filter(([, value]) => value !== undefined);
  yield '{';
  for (const [index, [name, value]] of fields.entries()) {
    yield `${index === 0 ? '' : ','}\n  ${indented(name, '')}: `;
    if (Array.isArray(value) && value.length > 0) {
      yield '[';
      for (const [at, item] of value.entries()) yield `${at === 0 ? '' : ','}\n    ${indented(item, '    ')}`;
      yield '\n  ]';
    } else {
      yield indented(value, '  ');
    }
  }
  yield fields.length === 0 ? '}\n' : '\n}\n';
}

/** A list at the top, in a piece for each item, which need not be there before it is asked for. */
export function* jsonListPieces(items: Iterable<object>): Generator<string> {
  let before = '[\n  ';
  for (const item of items) {
    yield `${before}${indented(item, '  ')}`;
    before = ',\n  ';
  }
  yield before.startsWith('[') ? '[]\n' : '\n]\n';
}

/** A value whose further lines begin with `indent`; no string in JSON holds a line break as it is. */
function indented(value: unknown, indent: string): string {
  const text = (JSON.stringify(value, null, 2) ?? 'null').replaceAll('\n', `\n${indent}`);
  return text.replace(UNSAFE, (character) =>
    [...utf16(character)].map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join(''),
  );
}

function* utf16(character: string): Generator<number> {
  for (let index = 0; index < character.length; index++) yield character.charCodeAt(index);
}
