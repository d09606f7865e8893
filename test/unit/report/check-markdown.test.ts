import { describe, expect, test } from 'vitest';
import { renderCheckMarkdown } from '../../../src/report/check-markdown.ts';
import { MOST_BYTES } from '../../../src/report/markdown-pages.ts';
import { renderVerifyMarkdown } from '../../../src/report/verify-markdown.ts';
import type { CheckDocument } from '../../../src/restore/result.ts';
import {
  blocked,
  document,
  expired,
  HOSTILE_NAMES,
  restorable,
  TABLES,
  UNREAD_HOST,
  undecided,
  WAIVER,
  waived,
} from '../../support/check-documents.ts';
import { verifyDocument } from '../../support/verify-documents.ts';

const of = (value: CheckDocument, mostBytes?: number) =>
  renderCheckMarkdown(value, { ...TABLES, ...(mostBytes === undefined ? {} : { mostBytes }) });

describe('check as Markdown', () => {
  test('begins with the verdict, then the matrix, then each explanation once', () => {
    const page = of(document([blocked('a', 'x'), restorable('a', 'y'), blocked('b', 'x'), undecided('b', 'y')]));
    expect(page.split('\n').slice(0, 8)).toEqual([
      '## ckpt check: BLOCKED',
      '',
      '4 pairs: 2 blocked, 1 undecided, 1 restorable',
      '',
      '| image | `x` | `y` |',
      '| --- | --- | --- |',
      '| `a` | **BLOCKED** `cpu-features` | restorable |',
      '| `b` | **BLOCKED** `cpu-features` | **UNKNOWN** `cpu-features` |',
    ]);
    expect(page.match(/<details>/g)).toHaveLength(2);
    expect(page).toContain('<summary>BLOCKED <code>a</code> on <code>x</code> and 1 more pair</summary>');
    expect(page).toContain('CKPT1601 *The host lacks CPU features of the image*: 2: `avx512f` `ht`');
    expect(page).toContain('  ```\n  dev.gvisor.internal.cpufeatures=pni,sse4_1\n  ```\n');
  });

  test('has the hosts as rows where there are more of them, and no wide tables', () => {
    const hosts = Array.from({ length: 20 }, (_, index) => `host-${index}`);
    expect(of(document(hosts.map((host) => restorable('a', host))))).toContain(
      '| host | `a` |\n| --- | --- |\n| `host-0` | restorable |\n',
    );
    const square = of(document(hosts.flatMap((image) => hosts.map((host) => restorable(image, host)))));
    for (const line of square.split('\n')) expect(line.split(' | ').length).toBeLessThan(10);
    expect(square.match(/^\| image/gm)).toHaveLength(3);
  });

  test('shows waivers, the expired ones too', () => {
    const waivers = [{ ...WAIVER, state: 'expired' as const, findings: 1 }];
    const policy = { config: null, outcome: 'fail' as const, waivers, notes: ['a *note*'] };
    const page = of(document([waived(blocked('a', 'x')), expired(blocked('b', 'x'))], [], policy));
    expect(page).toContain('| `W-7` | **expired** | 1 | sre | 2027-03-01 | the fleet is being replaced |');
    expect(page).toContain('- a \\*note\\*');
    expect(page).toContain('| `a` | **BLOCKED** `cpu-features` (waived) |');
    expect(page).toContain('*waived by W\\-7 \\(sre, until 2027\\-03\\-01\\): the fleet is being replaced*');
  });

  test.each([...HOSTILE_NAMES])('is not changed by names: %j', (name) => {
    const shape = (page: string) =>
      page.split('\n').map((line) => /^(?:\| |<details>|<\/details>|- |#+ |```)/.exec(line)?.[0] ?? '');
    const error = { ...UNREAD_HOST, host: name, message: name };
    const page = (text: string) =>
      of(document([blocked(text, text), undecided(text, 'y')], [{ ...error, host: text, message: text }]));
    expect(shape(page(name))).toEqual(shape(page('plain')));
    const outside = page(name).replace(/`[^`\n]+`|\\</g, '');
    expect(outside).not.toMatch(/<(?!\/?(?:details|summary|code)>|!-- -->)[a-z!]/i);
    for (const line of page(name)
      .split('\n')
      .filter((text) => text.startsWith('| ')))
      expect(line.match(/\|/g)).toHaveLength(3);
  });

  test('is no longer than it may be, and says what is left out', () => {
    const images = Array.from({ length: 3000 }, (_, index) => `image-${index}`);
    const value = document(
      images.map((name) => blocked(name, 'x', { ...blocked(name, 'x').gates[0], ...LONG(name) }, 'host-files')),
    );
    const page = of(value);
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(MOST_BYTES);
    expect(page).toMatch(
      /\*\*Cut:\*\* the page would be too long\. Left out: explanations: \d+\. The JSON document has all\.\n$/,
    );
    expect(Buffer.byteLength(of(value, 5000))).toBeLessThanOrEqual(5000);
    expect(of(value, 10)).toBe('');
  });
});

/** A reason of a thousand characters that no other image has. */
function LONG(name: string) {
  return { code: 'CKPT1359', order: 1, message: `${name} ${'x'.repeat(1000)}`, details: { why: '' } } as const;
}

test('verify as Markdown has a row for each image', () => {
  const page = renderVerifyMarkdown(verifyDocument());
  expect(page).toContain('| `a` | intact |  | header HMAC |');
  expect(page).toContain('| <code>b&#58;&#58;x&#124;y</code> | **damaged** | chunks |  |');
  expect(page).toContain(
    'chunks: 12 places damaged</summary>\n\n- checkpoint.img, byte 10: bad \\[0\\] \\[wrong\\-key\\]\n- … and 11 more\n',
  );
});
