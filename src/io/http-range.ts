/** Pieces of a file from a server that answers ranges. */
import type { HttpAddress } from './http-address.ts';
import { expectIdentity, httpError, isPassingStatus, statusError } from './http-errors.ts';
import { type Attempt, askedPause, type HttpSession } from './http-session.ts';
import type { HttpReply } from './http-transport.ts';
import { changed, expectSame, type HttpVersion, ifRange, versionOf } from './http-version.ts';

/** A file that the server gives ranges of. */
export interface RangedFile {
  readonly session: HttpSession;
  readonly address: HttpAddress;
  readonly version: HttpVersion & { readonly size: number };
  /** The first bytes of the file, which came with the first answer. */
  readonly first: Uint8Array;
  /** Where redirects led; they are followed anew when that stops working (a signed URL that expires). */
  landed: URL;
}

/** Fewest bytes for which a server may stop before the end of the range and be asked to go on at once. */
const LEAST_PROGRESS = 4096;
const STALE: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);

/**
 * The bytes from `start` on, exactly `length` of them. A connection that breaks is resumed where it broke.
 *
 * @throws CkptError `http-error`.
 */
export async function fetchRange(file: RangedFile, start: number, length: number): Promise<Uint8Array> {
  const { session, address } = file;
  const piece: Piece = { bytes: new Uint8Array(length), filled: 0 };
  await session.persist<true>(address, async () => {
    while (piece.filled < length) {
      const before = piece.filled;
      const reply = await requestRest(file, start + before, start + length);
      if ('again' in reply) return reply;
      const stated = checkedRange(file, reply, start + before, start + length);
      await readBody(address, reply, piece, before + stated);
      if (piece.filled < before + stated) return { again: 'a body that ends before its Content-Range', wait: null };
      if (piece.filled < length && stated < LEAST_PROGRESS) return { again: 'answers of a few bytes each', wait: null };
    }
    return { value: true };
  });
  return piece.bytes;
}

async function requestRest(
  file: RangedFile,
  from: number,
  end: number,
): Promise<HttpReply | Extract<Attempt<never>, { again: string }>> {
  const { session, address, version } = file;
  const range = { range: `bytes=${from}-${end - 1}`, ...ifRange(version) };
  const { reply, url } = await session.send(address, 'GET', range, file.landed);
  if (reply.status === 206) {
    file.landed = url;
    return reply;
  }
  reply.drop();
  if (isPassingStatus(reply.status)) return { again: `status ${reply.status} from the server`, wait: askedPause(reply) };
  if (STALE.has(reply.status) && file.landed.href !== address.url.href) {
    file.landed = address.url;
    return requestRest(file, from, end);
  }
  if (reply.status === 200) throw changed(address, 'the whole file where a part of it was asked for');
  if (reply.status === 416) throw changed(address, `an end before byte ${from}`);
  throw statusError(address, reply.status);
}

/** How many bytes the answer states, once they are known to be those that were asked for. */
function checkedRange(file: RangedFile, reply: HttpReply, from: number, end: number): number {
  const { address, version } = file;
  expectIdentity(address, reply);
  const range = contentRange(reply);
  if (range === null || range.start !== from || range.end > end) {
    reply.drop();
    throw httpError(address, `bytes ${from} to ${end - 1}`, `Content-Range: ${reply.header('content-range') ?? 'none'}`, LIES);
  }
  expectSame(address, version, versionOf(reply, range.size), reply);
  expectLength(address, reply, range.end - range.start);
  return range.end - range.start;
}

const LIES = 'The server, or a proxy before it, does not answer ranges as it says; have the file served otherwise';

/** A parsed `Content-Range`: `end` is exclusive, `size` null when the server does not know it. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly size: number | null;
}

/** What part of the file an answer says it has; null when it does not, or in another unit, or when it contradicts itself. */
export function contentRange(reply: HttpReply): ContentRange | null {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(reply.header('content-range')?.trim() ?? '');
  if (match === null) return null;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const size = match[3] === '*' ? null : Number(match[3]);
  return start < end && (size === null || end <= size) ? { start, end, size } : null;
}

/**
 * Checks the length that an answer states for its body.
 *
 * @throws CkptError `http-error`.
 */
export function expectLength(address: HttpAddress, reply: HttpReply, length: number): void {
  const stated = reply.header('content-length');
  if (stated === null || stated === String(length)) return;
  reply.drop();
  throw httpError(address, `a body of ${length} bytes`, `Content-Length: ${stated}`, LIES);
}

/** Bytes that are coming in. */
export interface Piece {
  readonly bytes: Uint8Array;
  filled: number;
}

/**
 * Reads a body up to `end` of a piece. What arrived stays there when the connection breaks.
 *
 * @throws CkptError `http-error` when there is more; the errors of the transport.
 */
export async function readBody(address: HttpAddress, reply: HttpReply, piece: Piece, end: number): Promise<void> {
  for await (const block of reply.body) {
    if (piece.filled + block.length > end) {
      reply.drop();
      throw httpError(address, `a body of ${end} bytes`, 'a longer one', LIES);
    }
    piece.bytes.set(block, piece.filled);
    piece.filled += block.length;
  }
}
