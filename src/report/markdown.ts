/** Markdown as GitHub and GitLab show it. */
import { escapeText } from './escape.ts';

/** What makes two pieces of text out of one, and shows nothing: references are looked for in each by itself. */
const BREAK = '<!-- -->';

/**
 * Where GitHub or GitLab would make something of plain text, whatever is escaped in it: a mention, a reference to an issue, a merge request,
 * a label and the like, a picture for `:name:`, and the address of a page.
 *
 * They look for these in the text as it is shown, so that neither a backslash nor an entity helps.
 *
 * @see https://docs.gitlab.com/user/markdown/#gitlab-specific-references; https://github.github.com/gfm/#autolinks-extension-
 */
const REFERENCES = /@|#|(?<=GH)-(?=\d)|[!$%~&^:](?=[\w"+-])|:(?=\/\/)|(?<=www)\./gi;

/** Text as it is, whatever is in it: no markup, no HTML, no mention, no link, one line. */
export function markdownText(text: string): string {
  const parts = escapeText(text).replace(REFERENCES, (found) => (found === '.' || found === '-' ? `\0${found}` : `${found}\0`));
  return (
    parts
      .replaceAll(/[\\`*_{}[\]()#+!|<>~^$-]/g, '\\$&')
      .replaceAll('&', '&amp;')
      // No escaped text holds this character.
      .replaceAll('\0', BREAK)
  );
}

/** Text in the letters of code, also in the cell of a table. */
export function markdownCode(text: string): string {
  const plain = escapeText(text);
  const simple = plain !== '' && !/[`|\\]|^\s|\s$/.test(plain);
  return simple ? `\`${plain}\`` : `<code>${plain.replace(/[^A-Za-z0-9 ]/gu, entity)}</code>`;
}

/** Text for a place where HTML is read and Markdown is not, such as a `<summary>`: in the letters of code, which nobody looks for references in. */
export function htmlCode(text: string): string {
  return `<code>${escapeText(text).replace(/[^A-Za-z0-9 ._/:,=-]/gu, entity)}</code>`;
}

/** Lines as they are, to be copied. No line of theirs ends the block. */
export function markdownFence(lines: readonly string[]): string {
  const text = lines.map(escapeText).join('\n');
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}\n`;
}

/** A table of cells that are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownRow(head) + markdownRow(head.map(() => '---')) + rows.map(markdownRow).join('');
}

/** One row of such a table. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/** An at sign is looked for even in code that HTML makes. */
function entity(character: string): string {
  const code = `&#${character.codePointAt(0) ?? 0};`;
  return character === '@' ? `${code}${BREAK}` : code;
}
