/** Bodies in chunks, compressed or hashed: finds out how a body is framed and opens it. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { BodyReader } from './body.ts';
import { chunkedBody } from './chunked-body.ts';
import { CHUNK_BYTES, flateBody, inflatePrefix } from './flate-body.ts';
import { isGraphHeader } from './graph-header.ts';
import type { RawHeader } from './header.ts';
import { HASH_BYTES, hmac, readBigEndian, sameHash } from './hmac.ts';
import { type Compression, compressionOf } from './metadata.ts';
import { rawBody } from './raw-body.ts';
import type { Framing, HeaderHmac, OpenOptions, Statefile } from './statefile.ts';

/** How a body could lie in the file. */
interface Layout {
  readonly hmac: HeaderHmac;
  readonly framing: Framing;
}

/** Bytes of the body that are looked at to recognise its framing. */
const LOOK = 64 * 1024;
const NO_KEY = new Uint8Array(0);

/** How a body lies in the file, and whether the caller's key fits. */
export interface RecognisedBody extends Layout {
  readonly keyVerified: boolean;
}

/**
 * Recognises how a body is framed and opens it.
 *
 * @param reader behind the metadata.
 * @throws CkptError `bad-hmac` for a damaged header, `wrong-key`, `truncated`, `unknown-shape`.
 */
export async function openFramedBody(
  reader: PullReader,
  header: RawHeader,
  compression: Compression,
  options: OpenOptions,
): Promise<Pick<Statefile, 'hmac' | 'keyVerified' | 'framing' | 'body'>> {
  const { hmac, framing, keyVerified } = await recogniseBody(reader, header, compression, options);
  const { key, limits, trustChunkSize = true } = options;
  const hashes = { present: hmac === 'keyed', key: hmac === 'keyed' ? key : null };
  let body: BodyReader;
  if (framing === 'flate') body = await flateBody(reader, { hashes, limits, trustChunkSize });
  else body = framing === 'raw' ? rawBody(reader) : chunkedBody(reader, hashes);
  return { hmac, keyVerified, framing, body };
}

/**
 * Recognises how a body is framed, and leaves the cursor at its first byte.
 *
 * The framing is recognised by decoding the first ten bytes of the body in each possible way: only the right one gives the header of an
 * object graph. Whether the 32 bytes of a hash are there is known by computing it, and for keyed files without the key by
 * trying the body behind them.
 *
 * @param reader behind the metadata.
 * @param onDamage is told that the hash of the header is wrong, instead of an end by that error.
 * @throws CkptError `bad-hmac` for a damaged header, `wrong-key`, `truncated`, `unknown-shape`.
 */
export async function recogniseBody(
  reader: PullReader,
  header: RawHeader,
  compression: Compression,
  { key, limits }: Pick<OpenOptions, 'key' | 'limits'>,
  onDamage: (error: CkptError) => void = refuse,
): Promise<RecognisedBody> {
  const look = (await reader.peek(LOOK)).slice();
  const hash = look.subarray(0, HASH_BYTES);

  const isEmptyKey = sameHash(hash, hmac(NO_KEY, header.bytes));
  const isKey = key !== null && key.length > 0 && sameHash(hash, hmac(key, header.bytes));
  const layout = findLayout(compression, look, isEmptyKey, isKey);
  if (layout === null) throw unrecognised(header, look, reader.source, isEmptyKey || isKey);

  if (layout.hmac === 'empty-key' && !isEmptyKey) onDamage(damagedHeader(header));
  const keyed = layout.hmac === 'keyed';
  if (keyed && key !== null && !isKey) onDamage(await keyMismatch(header, reader, key, layout.framing, limits));
  if (layout.hmac !== 'absent') await reader.skip(HASH_BYTES);
  return { ...layout, keyVerified: keyed && isKey };
}

const refuse = (error: CkptError): never => {
  throw error;
};

/** The first layout whose body begins with an object graph; layouts that a matching hash proves come first. */
function findLayout(compression: Compression, look: Uint8Array, isEmptyKey: boolean, isKey: boolean): Layout | null {
  // A hash that fits leaves only one way for compressed data; a damaged first chunk is then reported as such.
  if (compression === 'flate-best-speed' && (isEmptyKey || isKey))
    return { hmac: isKey ? 'keyed' : 'empty-key', framing: 'flate' };
  const framings: readonly Framing[] = compression === 'none' ? ['raw', 'chunked'] : ['flate'];
  const hmacs: readonly HeaderHmac[] = isEmptyKey ? ['empty-key'] : isKey ? ['keyed'] : ['absent', 'keyed', 'empty-key'];
  for (const kind of hmacs) {
    const body = kind === 'absent' ? look : look.subarray(HASH_BYTES);
    for (const framing of framings) {
      // With a key, bodies are always in chunks.
      if (kind === 'keyed' && framing === 'raw') continue;
      if (isGraphHeader(firstBytes(body, framing, kind === 'keyed'))) return { hmac: kind, framing };
    }
  }
  // Nothing decodes. The chunk size that every runsc writes still shows where a compressed body begins, so that its reader can say
  // which chunk is damaged.
  if (compression === 'flate-best-speed' && look.length >= 4 && readBigEndian(look) === CHUNK_BYTES)
    return { hmac: 'absent', framing: 'flate' };
  return null;
}

/** The first bytes of the decoded body, if it is framed like this; fewer than ten when it is not or is cut. */
function firstBytes(body: Uint8Array, framing: Framing, keyed: boolean): Uint8Array {
  if (framing === 'raw') return body.subarray(0, 10);
  const skipped = keyed ? HASH_BYTES : 0;
  if (framing === 'flate') {
    const start = 4 + skipped;
    if (body.length < start + 5) return NO_KEY;
    return inflatePrefix(body.subarray(start + 4, start + 4 + readBigEndian(body, start)), LOOK * 1024).subarray(0, 10);
  }
  const first = new Uint8Array(10);
  let size = 0;
  for (let at = 0; at + 4 < body.length && size < 10; ) {
    const length = readBigEndian(body, at);
    const data = body.subarray(at + 4, at + 4 + Math.min(length, 10 - size));
    first.set(data, size);
    size += data.length;
    at += 4 + length + skipped;
  }
  return first.subarray(0, size);
}

function damagedHeader(header: RawHeader): CkptError {
  return new CkptError(
    'bad-hmac',
    { layer: 'header', offset: header.bytes.length },
    {
      expected: 'the HMAC-SHA256 of the header',
      found: 'another one',
      hint: 'The metadata was damaged or edited; runsc answers "hash mismatch". Copy the image again',
    },
  );
}

/** The hash of the header does not fit the key: either the header is damaged, or the key is another one. */
async function keyMismatch(
  header: RawHeader,
  reader: PullReader,
  key: Uint8Array,
  framing: Framing,
  limits: Limits,
): Promise<CkptError> {
  const size = (await reader.peek(HASH_BYTES + 4)).slice(HASH_BYTES);
  const length = framing === 'flate' ? 0 : Math.min(readBigEndian(size), limits.chunkBytes);
  const body = (await reader.peek(HASH_BYTES + 4 + length + HASH_BYTES)).subarray(HASH_BYTES + 4);
  const stored = body.subarray(length, length + HASH_BYTES);
  const data = body.subarray(0, length);
  const fits = [hmac(key, data, size), hmac(key, data, size, new Uint8Array(HASH_BYTES))].some((hash) => sameHash(stored, hash));
  if (fits) return damagedHeader(header);
  return new CkptError(
    'wrong-key',
    { layer: 'key', offset: header.bytes.length },
    {
      expected: 'the key that this image was written with',
      found: 'a key that fits neither header nor data',
      hint: 'Give the right key with --key-file or CKPT_KEY',
    },
  );
}

function unrecognised(header: RawHeader, look: Uint8Array, source: ByteSource, hashFits: boolean): CkptError {
  const offset = header.bytes.length;
  const short = look.length < LOOK && (source.size === null || source.size <= offset + look.length);
  if (short && look.length < (hashFits ? HASH_BYTES : 0) + 4 + 4 + HASH_BYTES * 2) {
    return new CkptError(
      'truncated',
      { layer: 'compression', offset: offset + look.length },
      {
        expected: 'the body of the state file',
        found: `the end of the file after ${look.length} bytes`,
        hint: 'The file was cut short, or the checkpoint did not finish',
      },
    );
  }
  return new CkptError(
    'unknown-shape',
    { layer: 'compression', offset },
    {
      expected: `an object graph, ${compressionOf(header.metadata, 16) === 'none' ? 'plain or in chunks' : 'in flate chunks'}, with or without hashes`,
      found: 'bytes that decode to none',
      hint: 'The image is damaged, or was written by a runsc of another kind',
    },
  );
}
