import { describe, expect, it } from 'vitest';
import { pages } from '../../../../src/restore/gates/pages.ts';
import type { ImageFacts } from '../../../../src/restore/image-facts.ts';
import { host } from '../examples.ts';
import { rulesAt } from '../rules-at.ts';

type Files = ImageFacts['files'];
const files = (pagesMeta: boolean, pagesFile: boolean): Files => ({ bare: false, pagesMeta, pages: pagesFile });
const INLINE: ImageFacts['pages'] = { place: 'inline', required: 8192, present: null, inState: true };
const SEPARATE: ImageFacts['pages'] = { place: 'separate', required: 8192, present: 8192, inState: false };

const answer = (release: string, given: Files, memory: ImageFacts['pages']) => {
  const { outcome, reasons, failure } =
    pages.check({ path: 'image', files: given, pages: memory }, host(), rulesAt(release)) ?? {};
  return [outcome, reasons?.map(({ code, order }) => `${code}@${order}`), failure?.error ?? null];
};

const OPENING = 'open image/pages_meta.img: no such file or directory';

describe('an image with pages in a file of their own', () => {
  it('passes with as many bytes as its metadata names, and with more', () => {
    for (const release of ['20240729', '20251015', '20260817'])
      expect(answer(release, files(true, true), SEPARATE)).toEqual(['pass', [], null]);
    expect(answer('20260817', files(true, true), { ...SEPARATE, present: 8193 })).toEqual(['pass', ['CKPT1957@42'], null]);
    expect(answer('20260817', files(true, true), { ...SEPARATE, present: null })).toEqual(['pass', [], null]);
  });

  it('fails with fewer, whole pages or not', () => {
    expect(answer('20240729', files(true, true), { ...SEPARATE, present: 8191 })).toEqual(['fail', ['CKPT1952@42'], 'EOF']);
    expect(answer('20240729', files(true, true), { ...SEPARATE, present: 0 })).toEqual(['fail', ['CKPT1952@42'], 'EOF']);
  });

  it('fails without the file that decides, and without the other in other words', () => {
    expect(answer('20240729', files(true, false), SEPARATE)).toEqual(['fail', ['CKPT1951@34'], 'header error: EOF']);
    expect(answer('20240729', files(false, true), SEPARATE)).toEqual([
      'fail',
      ['CKPT1951@6'],
      `opening restore image file "image/pages_meta.img" failed: ${OPENING}`,
    ]);
    expect(answer('20260817', files(true, false), SEPARATE).slice(0, 2)).toEqual(['fail', ['CKPT1951@6']]);
    expect(answer('20260817', files(false, true), SEPARATE).slice(0, 2)).toEqual(['fail', ['CKPT1951@34']]);
    expect(answer('20260817', files(false, false), SEPARATE).slice(0, 2)).toEqual(['fail', ['CKPT1951@34']]);
  });

  it('fails where a release knows no such files', () => {
    expect(answer('20230615', files(true, true), SEPARATE)).toEqual(['fail', ['CKPT1953@34'], null]);
  });
});

describe('an image with its memory inside', () => {
  it('passes without other files', () => {
    for (const release of ['20221219', '20240424', '20240729', '20260817'])
      expect(answer(release, files(false, false), INLINE)).toEqual(['pass', [], null]);
  });

  it('with a stray pages.img is refused by releases that look for it first', () => {
    expect(answer('20240729', files(false, true), INLINE)).toEqual([
      'fail',
      ['CKPT1951@6'],
      `opening restore image file "image/pages_meta.img" failed: ${OPENING}`,
    ]);
    expect(answer('20260817', files(false, true), INLINE)).toEqual(['pass', ['CKPT1958@6'], null]);
    expect(answer('20221219', files(false, true), INLINE)).toEqual(['pass', ['CKPT1958@6'], null]);
  });

  it('with a stray pages_meta.img is refused by releases that look for that first', () => {
    const given: ImageFacts['pages'] = { place: 'separate', required: 8192, present: null, inState: true };
    expect(answer('20240729', files(true, false), given)).toEqual(['pass', ['CKPT1958@6'], null]);
    expect(answer('20260817', files(true, false), given).slice(0, 2)).toEqual(['fail', ['CKPT1951@6']]);
  });
});

it('is not looked at where a state file was given by itself', () => {
  const memory: ImageFacts['pages'] = { place: 'elsewhere', required: null, present: null };
  expect(answer('20260817', { bare: true, pagesMeta: false, pages: false }, memory)[0]).toBe('not-checked');
});
