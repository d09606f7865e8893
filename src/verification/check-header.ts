/** The header of a state file, and what can be known of the body when the header is damaged. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { type RecognisedBody, recogniseBody } from '../statefile/framed-body.ts';
import { MAGIC, type RawHeader, readHeader } from '../statefile/header.ts';
import { HASH_BYTES } from '../statefile/hmac.ts';
import { type Compression, compressionOf } from '../statefile/metadata.ts';
import { beginCheck, type Check } from './check.ts';
import { type Damage, damageOf } from './damage.ts';

/** A header that was looked at, and the body behind it. */
export interface CheckedHeader {
  readonly checks: readonly Check[];
  /** Null when it cannot be read. */
  readonly header: RawHeader | null;
  /** Null when the body behind it is not recognised; then why. */
  readonly body: RecognisedBody | null;
  readonly bodyDamage: Damage | null;
  readonly compression: Compression | null;
}

const PREFIX = 16;

/**
 * Checks magic, length, metadata and hash, and recognises how the body is framed; leaves the cursor at its first byte.
 *
 * A header of which some is readable is damaged; one of which nothing is known is no image.
 *
 * @throws CkptError `empty`, `not-an-image` when nothing says that it is a state file.
 */
export async function checkHeader(
  reader: PullReader,
  { key, limits, file }: { readonly key: Uint8Array | null; readonly limits: Limits; readonly file: string },
): Promise<CheckedHeader> {
  const check = beginCheck('header');
  const hash = beginCheck('header-hmac');
  const raw = await rawHeader(reader, limits);
  let header: RawHeader | null = null;
  try {
    header = await readHeader(reader, limits);
  } catch (error) {
    if (!(error instanceof CkptError) || raw === null) throw error;
    check.report(damageOf(error, file));
    if (raw.whole) {
      // Metadata that is no JSON, or a magic that is: what lies behind is where its length says.
      if (reader.offset === 0) await reader.skip(raw.bytes.length);
      header = { bytes: raw.bytes, metadata: new Map(), compressionNamed: false };
    }
  }
  const covered = { bytes: raw?.bytes.length ?? 0, keys: header?.metadata.size ?? 0 };
  if (header === null) {
    const checks = [check.done('', covered), hash.notDone('the header cannot be read')];
    return { checks, header: null, body: null, bodyDamage: null, compression: null };
  }
  let bodyDamage: Damage | null = null;
  const compressions = possibleCompressions(header, check.damaged(), (error) => check.report(damageOf(error, file)));
  for (const compression of compressions) {
    const wrong: CkptError[] = [];
    try {
      const body = await recogniseBody(reader, header, compression, { key, limits }, (error) => wrong.push(error));
      for (const error of wrong) hash.report(damageOf(error, file));
      const checks = [check.done('magic, length and metadata', covered), hashCheck(hash, body, key)];
      return { checks, header, body, bodyDamage: null, compression };
    } catch (error) {
      bodyDamage ??= damageOf(error, file);
    }
  }
  const checks = [check.done('magic, length and metadata', covered), hash.notDone('the body behind it cannot be recognised')];
  return { checks, header, body: null, bodyDamage, compression: null };
}

type HashCheck = ReturnType<typeof beginCheck>;

function hashCheck(hash: HashCheck, { hmac, keyVerified }: RecognisedBody, key: Uint8Array | null): Check {
  if (hmac === 'absent') return hash.notDone('the image has no HMAC: changed values that keep their shape do not show');
  const covered = { bytes: HASH_BYTES };
  if (hmac === 'empty-key')
    return hash.done('the HMAC of the header fits, with the empty key that runsc used until 2026-03', covered);
  if (keyVerified) return hash.done('the HMAC of the header fits the key', covered);
  return hash.notDone(key === null ? 'the image is keyed, and no key was given' : 'the key does not fit');
}

/** The bytes of a header by their framing alone; null when nothing says that it is one. */
async function rawHeader(
  reader: PullReader,
  limits: Limits,
): Promise<{ readonly bytes: Uint8Array; readonly whole: boolean } | null> {
  const start = (await reader.peek(PREFIX + 2)).slice();
  const right = MAGIC.filter((byte, index) => start[index] === byte).length;
  const known = Math.min(start.length, MAGIC.length);
  if (known === 0 || right < known - 2 || (known < MAGIC.length && right < known)) return null;
  if (start.length < PREFIX) return { bytes: start, whole: false };
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(8);
  // A wrong magic and no text behind it: something else.
  if (right < MAGIC.length && (start[PREFIX] !== 0x7b || length > BigInt(limits.metadataBytes))) return null;
  if (length > BigInt(limits.metadataBytes)) return { bytes: start.subarray(0, PREFIX), whole: false };
  const bytes = (await reader.peek(PREFIX + Number(length))).slice();
  return { bytes, whole: bytes.length === PREFIX + Number(length) };
}

/** The compressions that the body may have, the likeliest first. */
function possibleCompressions(header: RawHeader, damaged: boolean, report: (error: CkptError) => void): readonly Compression[] {
  if (damaged) return ['none', 'flate-best-speed'];
  try {
    return [compressionOf(header.metadata, PREFIX)];
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    report(error);
    return ['none', 'flate-best-speed'];
  }
}
