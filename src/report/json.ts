/** Any document as JSON. */

/** Characters that JSON allows as they are and a terminal acts upon; JSON.stringify escapes the others by itself. */
const UNSAFE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The document as indented JSON with one newline at the end. Fields keep their order.
 *
 * Characters that a terminal would act upon are written as `\u…`, which any JSON reader turns back.
 */
export function renderJson(document: object): string {
  const text = JSON.stringify(document, null, 2);
  return `${text.replace(UNSAFE, (character) => [...utf16(character)].map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join(''))}\n`;
}

function* utf16(character: string): Generator<number> {
  for (let index = 0; index < character.length; index++) yield character.charCodeAt(index);
}
