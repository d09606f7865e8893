import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { changesTable, reasonPages } from './reason-page.ts';

const FOLDER = fileURLToPath(new URL('../../../docs/reasons/', import.meta.url));
const GATES = fileURLToPath(new URL('../../../docs/gates.md', import.meta.url));
const CHANGES_BEGIN = '<!-- changes -->\n';
const CHANGES_END = '<!-- end of changes -->';
const pages = reasonPages();

// `UPDATE_DOCS=1 npx vitest run test/unit/restore/reason-pages` writes the pages anew.
if (process.env['UPDATE_DOCS'] === '1') {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of pages) writeFileSync(`${FOLDER}${name}`, text);
  const [before = '', rest = ''] = readFileSync(GATES, 'utf8').split(CHANGES_BEGIN);
  writeFileSync(GATES, `${before}${CHANGES_BEGIN}${changesTable()}${rest.slice(rest.indexOf(CHANGES_END))}`);
}

describe('docs/reasons', () => {
  it('has a page for every code and no other', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...pages.keys()].sort());
  });

  it.each([...pages])('%s is what the table says', (name, text) => {
    expect(readFileSync(`${FOLDER}${name}`, 'utf8')).toBe(text);
  });
});

describe('docs/gates.md', () => {
  it('lists every change as the table has it', () => {
    expect(readFileSync(GATES, 'utf8')).toContain(`${CHANGES_BEGIN}${changesTable()}${CHANGES_END}`);
  });
});
