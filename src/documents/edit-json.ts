/** Changes to the text of a JSON document that leave the rest as it was. The one file that knows the package jsonc-parser. */
import { applyEdits, modify } from 'jsonc-parser';
import type { DocumentPath } from './text-document.ts';

/** What Windows editors put before a text. */
const BOM = '\ufeff';

/** How deep members are indented when the text does not show it. */
const USUAL_INDENT = 2;

/**
 * The text with the value at a path, which is replaced or added as the last member of its object; objects on the way are made. Order,
 * indentation, line ends and a byte order mark stay.
 *
 * @param text JSON that has been parsed without an error
 */
export function editJson(text: string, path: DocumentPath, value: string): string {
  const mark = text.startsWith(BOM) ? BOM : '';
  const body = text.slice(mark.length);
  const isOneLine = !body.trimEnd().includes('\n');
  const edits = modify(body, [...path], value, isOneLine ? {} : { formattingOptions: formattingOf(body) });
  return mark + applyEdits(body, edits);
}

/** The text without a byte order mark, which JSON.parse does not take. */
export function withoutMark(text: string): string {
  return text.startsWith(BOM) ? text.slice(BOM.length) : text;
}

function formattingOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const indent = /^[ \t]*[{[]\s*?\r?\n([ \t]+)\S/.exec(text)?.[1] ?? /\n([ \t]+)"/.exec(text)?.[1] ?? ' '.repeat(USUAL_INDENT);
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  return indent.startsWith('\t') ? { insertSpaces: false, tabSize: 1, eol } : { insertSpaces: true, tabSize: indent.length, eol };
}
