/** A file from a server that sends all of it or nothing: read forward, and again by asking again. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { CkptError } from '../errors.ts';
import type { HttpAddress } from './http-address.ts';
import { expectIdentity, httpError, isPassingStatus, statusError } from './http-errors.ts';
import { type Attempt, askedPause, type HttpSession } from './http-session.ts';
import { failureOf, type HttpReply } from './http-transport.ts';
import { expectSame, type HttpVersion, isDated, versionOf } from './http-version.ts';

/** A file that the server gives no ranges of. */
export interface StreamedFile {
  readonly session: HttpSession;
  readonly address: HttpAddress;
  readonly version: HttpVersion;
  /** The first answer, until somebody reads it. */
  pending: HttpReply | null;
}

interface Open {
  readonly reply: HttpReply;
  readonly blocks: AsyncIterator<Uint8Array>;
  /** What is at hand of the body. */
  rest: Uint8Array;
}

/** Most times that one reading begins anew because its connection broke. */
const MOST_BREAKS = 3;
const EMPTY = new Uint8Array(0);

/** The file from its first byte. Skipping reads. */
export function streamSource(file: StreamedFile): ByteSource {
  let open: Open | null = null;
  let position = 0;
  let breaks = 0;
  let ended = false;

  const broken = (said: string): void => {
    open?.reply.drop();
    open = null;
    breaks += 1;
    if (breaks > MOST_BREAKS || !isDated(file.version))
      throw httpError(
        file.address,
        file.version.size === null ? 'the whole file' : `${file.version.size} bytes`,
        `${said}, after ${position} bytes`,
        'The server gives no ranges, so that reading cannot go on where it stopped; try again, or download the file first',
      );
  };

  const fill = async (): Promise<Open | null> => {
    while (!ended) {
      open ??= await begin(file, position);
      if (open.rest.length > 0) return open;
      try {
        const next = await open.blocks.next();
        if (next.done !== true) {
          open.rest = next.value;
          if (file.version.size !== null && position + open.rest.length > file.version.size)
            throw httpError(file.address, `${file.version.size} bytes`, 'a longer body');
        } else if (file.version.size !== null && position < file.version.size) broken('a body that ends early');
        else ended = true;
      } catch (error) {
        const failure = error instanceof CkptError ? null : failureOf(error);
        if (failure === null) throw error;
        if (!failure.passing) throw httpError(file.address, 'the file', failure.said);
        broken(failure.said);
      }
    }
    return null;
  };

  const take = async (max: number): Promise<Uint8Array> => {
    const filled = await fill();
    if (filled === null) return EMPTY;
    const bytes = filled.rest.subarray(0, max);
    filled.rest = filled.rest.subarray(bytes.length);
    position += bytes.length;
    return bytes;
  };

  return {
    size: file.version.size,
    seekable: false,
    read: take,
    async skip(count) {
      let left = count;
      while (left > 0) {
        const bytes = await take(left);
        if (bytes.length === 0) break;
        left -= bytes.length;
      }
      return count - left;
    },
    async close() {
      open?.reply.drop();
      open = null;
      ended = true;
    },
  };
}

/** The body from `position` on: that of the first answer, or of a new one whose beginning is dropped. */
async function begin(file: StreamedFile, position: number): Promise<Open> {
  const { pending, session, address } = file;
  if (pending !== null) {
    file.pending = null;
    if (position === 0) return { reply: pending, blocks: pending.body[Symbol.asyncIterator](), rest: EMPTY };
    pending.drop();
  }
  return session.persist<Open>(address, async (): Promise<Attempt<Open>> => {
    const { reply } = await session.send(address, 'GET', {});
    if (reply.status !== 200) {
      reply.drop();
      if (isPassingStatus(reply.status)) return { again: `status ${reply.status} from the server`, wait: askedPause(reply) };
      throw statusError(address, reply.status);
    }
    expectIdentity(address, reply);
    expectSame(address, file.version, versionOf(reply, statedLength(reply)), reply);
    const blocks = reply.body[Symbol.asyncIterator]();
    for (let left = position; ; ) {
      if (left === 0) return { value: { reply, blocks, rest: EMPTY } };
      const next = await blocks.next();
      if (next.done === true) return { again: 'a body that ends early', wait: null };
      if (next.value.length > left) return { value: { reply, blocks, rest: next.value.subarray(left) } };
      left -= next.value.length;
    }
  });
}

/** The length that an answer states for its body, in bytes, or null. */
export function statedLength(reply: HttpReply): number | null {
  const stated = reply.header('content-length');
  return stated !== null && /^\d{1,15}$/.test(stated) ? Number(stated) : null;
}
