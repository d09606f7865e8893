/** Digests that name blobs. */
import { createHash, type Hash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-source.ts';
import { readThrough } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';

export interface OciDigest {
  readonly algorithm: 'sha256' | 'sha512';
  readonly hex: string;
}

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const;

/**
 * A digest such as `sha256:` and 64 hexadecimal digits in lower case.
 *
 * @throws CkptError `unsupported` for another algorithm; `bad-archive` when it is none.
 * @see OCI image spec, descriptor.md, Digests
 */
export function parseDigest(text: string, where: string): OciDigest {
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([\w=-]+)$/.exec(text) ?? [];
  if (algorithm === '') throw badDigestText(where, text);
  if (algorithm !== 'sha256' && algorithm !== 'sha512')
    throw new CkptError(
      'unsupported',
      { layer: 'container', path: where },
      { expected: 'a digest by sha256 or sha512', found: `one by ${algorithm}` },
    );
  if (hex.length !== HEX_LENGTH[algorithm] || !/^[0-9a-f]+$/.test(hex)) throw badDigestText(where, text);
  return { algorithm, hex };
}

function badDigestText(where: string, text: string): CkptError {
  return new CkptError(
    'bad-archive',
    { layer: 'container', path: where },
    { expected: 'a digest such as sha256:… with 64 hexadecimal digits', found: JSON.stringify(text.slice(0, 200)) },
  );
}

export function digestText(digest: OciDigest): string {
  return `${digest.algorithm}:${digest.hex}`;
}

/** Where a blob lies in a layout. */
export function blobPath(digest: OciDigest): string {
  return `blobs/${digest.algorithm}/${digest.hex}`;
}

/** The digest that the path of a blob in a layout is made of, with what comes before `blobs/`; null for other paths. */
export function digestOfPath(path: string): { readonly root: string; readonly digest: OciDigest } | null {
  const match = /^(.*\/)?blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(path);
  if (match === null) return null;
  const algorithm = match[2] === 'sha512' ? 'sha512' : 'sha256';
  const hex = match[3] ?? '';
  return hex.length === HEX_LENGTH[algorithm] ? { root: match[1] ?? '', digest: { algorithm, hex } } : null;
}

/**
 * Checks bytes against the digest and the size that name them.
 *
 * @throws CkptError `bad-digest`.
 */
export function verifyBytes(bytes: Uint8Array, digest: OciDigest, size: number | null, where: string): void {
  expectDigest(createHash(digest.algorithm).update(bytes), bytes.length, digest, size, where);
}

/**
 * Reads a source to its end and checks it against the digest and the size that name it. Closes it.
 *
 * @throws CkptError `bad-digest`; those of the source.
 */
export async function verifySource(source: ByteSource, digest: OciDigest, size: number | null, where: string): Promise<void> {
  const hashing = verifiedSource(source, digest, size, where);
  try {
    await hashing.skip(Number.MAX_SAFE_INTEGER);
  } finally {
    await hashing.close();
  }
}

/**
 * A source that hashes what is read and skipped, and does not end unless the digest is right: `bad-digest` is thrown in place of the end.
 *
 * @param size in bytes, as its descriptor says, or null.
 */
export function verifiedSource(source: ByteSource, digest: OciDigest, size: number | null, where: string): ByteSource {
  const hash = createHash(digest.algorithm);
  let length = 0;
  let checked = false;
  const read = async (max: number): Promise<Uint8Array> => {
    // Once the digest is right there is nothing more: sources end where they say.
    if (checked) return new Uint8Array(0);
    const bytes = await source.read(max);
    hash.update(bytes);
    length += bytes.length;
    // The end of a source of known size is not asked for by everybody.
    if (max > 0 && (bytes.length === 0 || length === source.size)) {
      checked = true;
      expectDigest(hash, length, digest, size, where);
    }
    return bytes;
  };
  return readThrough(source, read);
}

function expectDigest(hash: Hash, length: number, digest: OciDigest, size: number | null, where: string): void {
  const found = hash.digest('hex');
  const wrongSize = size !== null && length !== size;
  if (found === digest.hex && !wrongSize) return;
  throw new CkptError(
    'bad-digest',
    { layer: 'container', path: where },
    {
      expected: `${size === null ? '' : `${size} bytes with `}${digestText(digest)}`,
      found: `${size === null ? '' : `${length} bytes with `}${digest.algorithm}:${found}`,
      hint: 'The blob was damaged or exchanged; copy the image again',
    },
  );
}
