/** A file on a server as a byte source: by ranges where the server has them, as one stream where it has not. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import type { HttpAddress } from './http-address.ts';
import { expectIdentity, httpError, isPassingStatus, statusError } from './http-errors.ts';
import { contentRange, expectLength, fetchRange, type Piece, type RangedFile, readBody } from './http-range.ts';
import { type Attempt, askedPause, type HttpSession, type Landed } from './http-session.ts';
import { type StreamedFile, statedLength, streamSource } from './http-stream.ts';
import { versionOf } from './http-version.ts';

export interface HttpFile {
  /** Bytes, or null when the server does not say. */
  readonly size: number | null;
  /** Where redirects led. */
  readonly landed: URL;
  open(): ByteSource;
  /** Null when the server gives no ranges. */
  openRandom(): RandomSource | null;
}

/** Bytes of the first request, and of the first after a jump; requests double while reading goes straight on. */
const FIRST_BLOCK = 64 * 1024;
const BLOCK_AFTER_SKIP = 16 * 1024;
const LARGEST_BLOCK = 4 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

/** What a server says of a file without sending it. */
export type HttpPresence = { readonly size: number | null } | 'missing' | 'unsaid';

/**
 * Whether a file is there, by HEAD. `unsaid` when the server does not answer that.
 *
 * @throws CkptError `http-error`.
 */
export function lookForFile(session: HttpSession, address: HttpAddress): Promise<HttpPresence> {
  return session.persist<HttpPresence>(address, async () => {
    const { reply } = await session.send(address, 'HEAD', {});
    const { status } = reply;
    reply.drop();
    if (status === 200) return { value: { size: statedLength(reply) } };
    if (status === 404 || status === 410) return { value: 'missing' };
    if (status === 400 || status === 405 || status === 501) return { value: 'unsaid' };
    if (isPassingStatus(status)) return { again: `status ${status} from the server`, wait: askedPause(reply) };
    throw statusError(address, status);
  });
}

/**
 * Asks for the beginning of a file, and sees by the answer whether the server gives ranges. Null when there is no such file.
 *
 * @throws CkptError `http-error`.
 */
export function openHttpFile(session: HttpSession, address: HttpAddress): Promise<HttpFile | null> {
  return session.persist<HttpFile | null>(address, async () => {
    const landed = await session.send(address, 'GET', { range: `bytes=0-${FIRST_BLOCK - 1}` });
    const { reply } = landed;
    if (reply.status === 206) return firstRange(session, address, landed);
    if (reply.status === 200) return { value: streamed(session, address, landed) };
    reply.drop();
    if (reply.status === 404 || reply.status === 410) return { value: null };
    if (reply.status === 416 && /^bytes \*\/0$/.test(reply.header('content-range') ?? ''))
      return {
        value: ranged({ session, address, version: { ...versionOf(reply, 0), size: 0 }, first: EMPTY, landed: landed.url }),
      };
    if (isPassingStatus(reply.status)) return { again: `status ${reply.status} from the server`, wait: askedPause(reply) };
    throw statusError(address, reply.status);
  });
}

async function firstRange(session: HttpSession, address: HttpAddress, { reply, url }: Landed): Promise<Attempt<HttpFile>> {
  expectIdentity(address, reply);
  const range = contentRange(reply);
  if (range === null || range.start !== 0 || range.end > FIRST_BLOCK) {
    reply.drop();
    throw httpError(address, 'the first bytes of the file', `Content-Range: ${reply.header('content-range') ?? 'none'}`);
  }
  if (range.size === null) {
    // A server that does not know where the file ends: what it sends when asked for all of it tells.
    reply.drop();
    return wholeFile(session, address);
  }
  expectLength(address, reply, range.end);
  const piece: Piece = { bytes: new Uint8Array(range.end), filled: 0 };
  await readBody(address, reply, piece, range.end);
  if (piece.filled < range.end) return { again: 'a body that ends before its Content-Range', wait: null };
  const version = { ...versionOf(reply, range.size), size: range.size };
  return { value: ranged({ session, address, version, first: piece.bytes, landed: url }) };
}

async function wholeFile(session: HttpSession, address: HttpAddress): Promise<Attempt<HttpFile>> {
  const landed = await session.send(address, 'GET', {});
  if (landed.reply.status === 200) return { value: streamed(session, address, landed) };
  landed.reply.drop();
  throw statusError(address, landed.reply.status);
}

function streamed(session: HttpSession, address: HttpAddress, { reply, url }: Landed): HttpFile {
  expectIdentity(address, reply);
  const version = versionOf(reply, statedLength(reply));
  const file: StreamedFile = { session, address, version, pending: reply };
  return { size: version.size, landed: url, open: () => streamSource(file), openRandom: () => null };
}

function ranged(file: RangedFile): HttpFile {
  const { size } = file.version;
  return { size, landed: file.landed, open: () => forwardSource(file), openRandom: () => randomSource(file) };
}

/** Reads forward in requests that grow, and jumps without reading. */
function forwardSource(file: RangedFile): ByteSource {
  const { size } = file.version;
  let position = 0;
  let block = file.first;
  let start = 0;
  let asked = FIRST_BLOCK;
  return {
    size,
    seekable: true,
    async read(max) {
      if (position >= size || max <= 0) return EMPTY;
      const end = start + block.length;
      if (position >= end) {
        // A short jump is reading on: what lies between was not worth a request of its own.
        asked = position - end <= BLOCK_AFTER_SKIP ? Math.min(asked * 2, LARGEST_BLOCK) : BLOCK_AFTER_SKIP;
        start = position;
        block = await fetchRange(file, start, Math.min(asked, size - start));
      }
      const bytes = block.slice(position - start, position - start + max);
      position += bytes.length;
      return bytes;
    },
    async skip(count) {
      const moved = Math.min(count, Math.max(0, size - position));
      position += moved;
      return moved;
    },
    async close() {
      block = EMPTY;
    },
  };
}

function randomSource(file: RangedFile): RandomSource {
  const { size } = file.version;
  return {
    size,
    async readAt(position, length) {
      const end = Math.min(position + length, size);
      if (position >= end) return EMPTY;
      if (end <= file.first.length) return file.first.slice(position, end);
      return fetchRange(file, position, end - position);
    },
    async close() {},
  };
}
