import { describe, expect, it } from 'vitest';
import { imageReadable } from '../../../../src/restore/gates/image-readable.ts';
import type { ImageFacts } from '../../../../src/restore/image-facts.ts';
import { host, image } from '../examples.ts';
import { boundary, rulesAt } from '../rules-at.ts';

const OLD: Partial<ImageFacts> = { headerHmac: 'empty-key' };
const FLATE: Partial<ImageFacts> = { compression: 'flate-best-speed', framing: 'flate' };

function answer(more: Partial<ImageFacts>, version: string) {
  const result = imageReadable.check(image(more), host(), rulesAt(version));
  return { outcome: result?.outcome, codes: result?.reasons.map((r) => `${r.code}@${r.order}`), error: result?.failure?.error };
}

const PASS = { outcome: 'pass', codes: [], error: undefined };

describe('gate image-readable', () => {
  it('passes an image of its own age', () => {
    expect(answer({}, 'release-20260817.0')).toEqual(PASS);
    expect(answer({ ...OLD, ...FLATE }, '20250101')).toEqual(PASS);
    expect(answer({ ...OLD, framing: 'chunked' }, '20240401')).toEqual(PASS);
    expect(answer({ ...OLD, ...FLATE, compressionNamed: false }, '20221219')).toEqual(PASS);
  });

  it('refuses a keyed image in every release', () => {
    const { before, from } = boundary('hmac-only-keyed');
    const keyed: Partial<ImageFacts> = { headerHmac: 'keyed' };
    expect(answer(keyed, before)).toEqual({
      outcome: 'fail',
      codes: ['CKPT1001@13'],
      error: 'creating statefile reader: statefile.NewReader failed: hash mismatch',
    });
    expect(answer(keyed, from)).toEqual({ outcome: 'fail', codes: ['CKPT1001@29'], error: null });
  });

  it.each([
    ['20221219', 'statefile error: hash mismatch'],
    ['20240729', 'statefile error: hash mismatch'],
    [boundary('reader-first').before, 'statefile error: hash mismatch'],
    [boundary('reader-first').from, 'creating statefile reader: statefile error: hash mismatch'],
    [boundary('reader-error-text').before, 'creating statefile reader: statefile error: hash mismatch'],
    [boundary('reader-error-text').from, 'creating statefile reader: statefile.NewReader failed: hash mismatch'],
  ])('refuses an image without HMAC before 2026-03-16: runsc of %s prints %s', (version, error) => {
    const result = answer({ ...FLATE }, version);
    expect(result).toEqual({ outcome: 'fail', codes: ['CKPT1002@13'], error });
  });

  it('verifies the header late from 2024-04-29 to 2025-04-07', () => {
    const position = (version: string) => imageReadable.check(image(FLATE), host(), rulesAt(version))?.failure?.position;
    expect(position(boundary('container-count-checked').before)).toBe(13);
    expect(position(boundary('container-count-checked').from)).toBeGreaterThan(17);
    expect(position(boundary('reader-first').before)).toBeLessThan(28);
    expect(position(boundary('reader-first').from)).toBe(13);
  });

  it('reads the HMAC of an older image as body since 2026-03-16', () => {
    const { before, from } = boundary('hmac-only-keyed');
    expect(answer({ ...OLD, ...FLATE }, before)).toEqual(PASS);
    expect(answer({ ...OLD, ...FLATE }, from)).toEqual({ outcome: 'fail', codes: ['CKPT1003@29'], error: null });
    // What a body that is read out of step looks like cannot be told.
    expect(answer({ ...OLD, framing: 'chunked' }, from)).toEqual({
      outcome: 'fail',
      codes: ['CKPT1003@29', 'CKPT1004@29'],
      error: null,
    });
  });

  it('reads chunks until 2024-08-30 and raw bytes since then', () => {
    const { before, from } = boundary('none-raw');
    const chunked: Partial<ImageFacts> = { ...OLD, framing: 'chunked' };
    expect(answer(chunked, before)).toEqual(PASS);
    expect(answer(chunked, from)).toEqual({ outcome: 'fail', codes: ['CKPT1004@29'], error: 'object missing' });
    expect(answer(OLD, before)).toEqual({ outcome: 'fail', codes: ['CKPT1005@29'], error: 'object missing' });
    expect(answer(OLD, from)).toEqual(PASS);
  });

  it('inflates everything before 2023-08-10', () => {
    const { before, from } = boundary('compression-key');
    const chunked: Partial<ImageFacts> = { ...OLD, framing: 'chunked' };
    expect(answer(chunked, before)).toEqual({ outcome: 'fail', codes: ['CKPT1006@29'], error: 'header error: unexpected EOF' });
    expect(answer(chunked, from)).toEqual(PASS);
    expect(answer({ ...OLD, ...FLATE }, before)).toEqual(PASS);
  });

  it('takes a header without compression for none since 2026-04-28', () => {
    const { before, from } = boundary('missing-compression-is-none');
    const unnamed: Partial<ImageFacts> = { ...FLATE, compressionNamed: false };
    expect(answer(unnamed, before)).toEqual(PASS);
    expect(answer(unnamed, from)).toEqual({ outcome: 'fail', codes: ['CKPT1007@29'], error: null });
  });

  it('reports the first of several problems', () => {
    const both: Partial<ImageFacts> = { headerHmac: 'absent', framing: 'raw' };
    expect(answer(both, '20240801')).toEqual({
      outcome: 'fail',
      codes: ['CKPT1002@13', 'CKPT1005@29'],
      error: 'statefile error: hash mismatch',
    });
  });

  it('answers nothing about facts that are missing', () => {
    expect(imageReadable.check({ path: 'x' }, host(), rulesAt('20260817'))).toBeNull();
  });
});
