/**
 * Encodes a state file: header with metadata and HMAC, then the body in one of its framings.
 * @see docs/format.md, state file
 */
import { createHmac } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { concatBytes } from './byte-sink.ts';

const MAGIC = Uint8Array.from([0x67, 0x56, 0x69, 0x73, 0x6f, 0x72, 0x53, 0x46]);
const HASH_BYTES = 32;
const MEBIBYTE = 1 << 20;

/** A stretch of the body: bytes, or that many zeros (a hole where a file can have one). */
export type BodySegment = Uint8Array | { readonly zeros: number };

export type Framing =
  /** Independent DEFLATE streams of `chunkBytes` (1 MiB when absent) of the body each. */
  | { readonly kind: 'flate'; readonly chunkBytes?: number; readonly level?: number }
  /** The bytes themselves. With a key this does not exist. */
  | { readonly kind: 'raw' }
  /**
   * `u32 length, data` for every write. `writeBytes` cuts segments into writes of these sizes, used in turn; absent: one write
   * per segment. `chained` says whether a keyed hash covers the previous one (since 2024-09-17) or not.
   */
  | { readonly kind: 'chunked'; readonly writeBytes?: readonly number[]; readonly chained?: boolean };

export interface StateFile {
  readonly metadata: Readonly<Record<string, string>> | Uint8Array;
  /** Whether 32 bytes follow the metadata; `keyed` uses the key, `empty-key` the empty one. */
  readonly headerHmac: 'absent' | 'empty-key' | 'keyed';
  /** The body is hashed with it when present. */
  readonly key?: Uint8Array;
  readonly framing: Framing;
  readonly body: readonly BodySegment[];
}

/** The whole state file in memory. */
export function encodeStateFile(file: StateFile): Uint8Array {
  return concatBytes([encodeHeader(file), ...encodeBody(file).map(toBytes)]);
}

/** Magic, metadata length, metadata (JSON unless given as bytes), HMAC. */
export function encodeHeader(file: Pick<StateFile, 'metadata' | 'headerHmac' | 'key'>): Uint8Array {
  const metadata = file.metadata instanceof Uint8Array ? file.metadata : new TextEncoder().encode(JSON.stringify(file.metadata));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(metadata.length));
  const header = concatBytes([MAGIC, length, metadata]);
  if (file.headerHmac === 'absent') return header;
  const key = file.headerHmac === 'keyed' ? file.key : new Uint8Array();
  if (key === undefined) throw new Error('a keyed header needs a key');
  return concatBytes([header, hash(key, [header])]);
}

/** The body as it lies in the file, in pieces; holes stay holes except inside flate. */
export function encodeBody(file: Pick<StateFile, 'key' | 'framing' | 'body'>): readonly BodySegment[] {
  switch (file.framing.kind) {
    case 'raw':
      if (file.key !== undefined) throw new Error('no runsc writes a raw body with a key');
      return file.body;
    case 'flate':
      return encodeFlate(concatBytes(file.body.map(toBytes)), file.framing, file.key);
    case 'chunked':
      return encodeChunks(file.body, file.framing, file.key);
  }
}

function encodeFlate(body: Uint8Array, framing: Framing & { kind: 'flate' }, key: Uint8Array | undefined): readonly Uint8Array[] {
  const chunkBytes = framing.chunkBytes ?? MEBIBYTE;
  const size = u32(chunkBytes);
  const parts: Uint8Array[] = [size];
  let previous = new Uint8Array();
  if (key !== undefined) {
    previous = hash(key, [size]);
    parts.push(previous);
  }
  for (let at = 0; at < body.length; at += chunkBytes) {
    const level = framing.level ?? constants.Z_BEST_SPEED;
    const data = new Uint8Array(deflateRawSync(body.subarray(at, at + chunkBytes), { level }));
    const length = u32(data.length);
    parts.push(length, data);
    if (key === undefined) continue;
    previous = hash(key, [data, length, previous]);
    parts.push(previous);
  }
  return parts;
}

function encodeChunks(
  body: readonly BodySegment[],
  framing: Framing & { kind: 'chunked' },
  key: Uint8Array | undefined,
): readonly BodySegment[] {
  const parts: BodySegment[] = [];
  let previous: Uint8Array = new Uint8Array(HASH_BYTES);
  for (const write of cutWrites(body, framing.writeBytes)) {
    const length = u32(segmentLength(write));
    parts.push(length, write);
    if (key === undefined) continue;
    previous = hash(key, framing.chained === true ? [toBytes(write), length, previous] : [toBytes(write), length]);
    parts.push(previous);
  }
  return parts;
}

function* cutWrites(body: readonly BodySegment[], sizes: readonly number[] | undefined): Generator<BodySegment> {
  if (sizes === undefined) {
    for (const segment of body) if (segmentLength(segment) > 0) yield segment;
    return;
  }
  const all = concatBytes(body.map(toBytes));
  for (let at = 0, turn = 0; at < all.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    yield all.subarray(at, at + size);
    at += size;
  }
}

export function segmentLength(segment: BodySegment): number {
  return segment instanceof Uint8Array ? segment.length : segment.zeros;
}

export function toBytes(segment: BodySegment): Uint8Array {
  return segment instanceof Uint8Array ? segment : new Uint8Array(segment.zeros);
}

/** HMAC-SHA256 over the parts, one after another. */
export function hash(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
