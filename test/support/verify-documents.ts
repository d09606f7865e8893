/** Hand-made answers of `verify`, for what renders them. */
import type { VerifyDocument } from '../../src/verify.ts';

/** An image without damage, one with, and one that is none. */
export function verifyDocument(): VerifyDocument {
  const ok = { id: 'header', outcome: 'ok', message: 'it is whole', covered: {}, damages: [], unlisted: 0 } as const;
  const open = { ...ok, id: 'header-hmac', outcome: 'not-checked', message: 'no key was given' } as const;
  const damage = {
    code: 'wrong-key',
    layer: 'header',
    file: 'checkpoint.img',
    offset: 10,
    decoded: null,
    message: 'bad [0]',
  } as const;
  const chunks = { ...ok, id: 'chunks', outcome: 'damaged', message: 'bad [0]', damages: [damage], unlisted: 11 } as const;
  const image = { keyed: false, keyVerified: false } as const;
  return {
    schema: 'ckpt/verify@1',
    deep: false,
    verdict: 'unreadable',
    images: [
      { ...image, path: 'a', verdict: 'intact', checks: [ok, open] },
      { ...image, path: 'b::x|y', verdict: 'damaged', checks: [ok, chunks] },
      { ...image, path: 'c<\n::error::', verdict: 'unreadable', checks: [] },
    ],
    errors: [{ image: 'c<\n::error::', code: 'not-an-image', message: 'found text', layer: 'header', offset: null }],
  };
}
