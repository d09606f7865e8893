/** How many columns of a terminal a text takes. */

/** Whether every character is printable ASCII, and takes one column. */
export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** @see Unicode Standard Annex #11, East Asian Width, values W and F; UTS #51, Emoji_Presentation */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2fb}\u{1f200}-\u{1f251}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Marks over or under the character before them: the block Combining Diacritical Marks, which is what cli-table3 knows of. */
const COMBINING = /[\u0300-\u036f]/;

/** Columns of an escaped text without mark-up: wide characters take two, combining marks none. */
export function columnsOf(text: string): number {
  if (isAscii(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : COMBINING.test(character) ? 0 : 1;
  return columns;
}
