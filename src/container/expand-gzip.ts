/** gzip, expanded as it is asked for. */
import { createGunzip } from 'node:zlib';
import type { ByteSource } from '../bytes/byte-source.ts';
import { badArchive, cutArchive, trailingBytes } from './archive-error.ts';
import { expandingSource } from './expanding-source.ts';

const INPUT = 128 * 1024;
const OUTPUT = 256 * 1024;

/**
 * The content of a gzip stream of any number of members. Zeros behind the last are padding; other bytes there are refused, where gunzip
 * ignores them with a warning and exit status 2.
 *
 * @param charge is told of the bytes that come out before they are given on.
 */
export function expandGzip(source: ByteSource, charge: (bytes: number) => void): ByteSource {
  const gunzip = createGunzip({ chunkSize: OUTPUT });
  let failure: Error | null = null;
  let ended = false;
  let writing = false;
  let inputEnded = false;
  let given = 0;
  let input: Uint8Array = new Uint8Array(0);
  let happened = false;
  let wake = (): void => {};
  const signal = (): void => {
    happened = true;
    wake();
  };
  gunzip.on('readable', signal);
  gunzip.on('end', () => {
    ended = true;
    signal();
  });
  gunzip.on('error', (error) => {
    failure = error;
    signal();
  });
  const wait = async (): Promise<void> => {
    if (!happened)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    happened = false;
  };
  const feed = async (): Promise<void> => {
    input = await source.read(INPUT);
    given += input.length;
    if (input.length === 0) {
      inputEnded = true;
      gunzip.end();
      return;
    }
    writing = true;
    gunzip.write(input, () => {
      writing = false;
      signal();
    });
  };
  /** What lies behind the last member. */
  const checkRest = async (): Promise<void> => {
    let block = input.subarray(input.length - (given - gunzip.bytesWritten));
    let at = gunzip.bytesWritten;
    for (;;) {
      const garbage = block.findIndex((byte) => byte !== 0);
      if (garbage >= 0) throw trailingBytes(at + garbage, 'nothing but zeros behind the end of the gzip data');
      at += block.length;
      if (inputEnded) return;
      block = await source.read(INPUT);
      inputEnded = block.length === 0;
    }
  };

  return expandingSource(
    async () => {
      for (;;) {
        if (failure !== null) throw gzipError(failure, given);
        const piece: unknown = gunzip.read();
        if (piece instanceof Uint8Array) {
          charge(piece.length);
          return piece;
        }
        // The stream ends itself at zeros behind a member, and takes no more; what it had not taken it leaves.
        if (ended || (!writing && given > gunzip.bytesWritten)) {
          await checkRest();
          return null;
        }
        if (!writing && !inputEnded) await feed();
        await wait();
      }
    },
    async () => {
      gunzip.destroy();
      await source.close();
    },
  );
}

function gzipError(error: Error & { readonly code?: string }, read: number): Error {
  if (error.code === 'Z_BUF_ERROR') return cutArchive(read, 'more gzip data');
  return badArchive(null, 'gzip data', error.message, 'The archive is damaged; copy it again');
}
