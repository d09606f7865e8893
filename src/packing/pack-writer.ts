/** Writes a tar archive that says nothing of the machine it was written on. */
import { createHash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-source.ts';
import { eventLoopTurns } from '../bytes/event-loop-turns.ts';
import type { ImageFileName } from '../container/image-container.ts';
import { CkptError } from '../errors.ts';
import type { WriteBytes } from '../extraction/tar-writer.ts';
import { type Pack, pack } from '../io/tar-codec.ts';

/** A member that was written. */
export interface PackedMember {
  readonly name: ImageFileName;
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

/** Writes one archive. */
export interface PackWriter {
  /**
   * Adds a file.
   *
   * @param size bytes that the source will give.
   * @throws CkptError `truncated`, `trailing-bytes` when it gives others, and those of the source.
   */
  add(name: ImageFileName, size: number, source: ByteSource): Promise<PackedMember>;
  finish(): Promise<void>;
  abandon(): void;
}

/** Bytes that are read at once. */
const BLOCK = 256 * 1024;

/** The same for every file: the tar package takes 0 for no mode. */
const ATTRIBUTES = { type: 'file', mode: 0o644, uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(0) } as const;

/**
 * Begins an archive in POSIX ustar format; sizes over 8 GiB in the binary form that GNU tar and all others read.
 *
 * @param moved is told of the bytes of files that were read.
 */
export function openPackWriter(write: WriteBytes, moved: (count: number) => void): PackWriter {
  const archive = pack();
  const turn = eventLoopTurns();
  const drained = drain(archive, write);
  // Waited for in `finish`; until then a failure shows in whatever is written next.
  drained.catch(() => {});
  return {
    async add(name, size, source) {
      const hash = createHash('sha256');
      const sink = archive.entry({ ...ATTRIBUTES, name, size });
      // The archive ends with the sink; what is wrong is told by whoever waits for the bytes.
      sink.on('error', () => {});
      let bytes = 0;
      for (;;) {
        const block = await source.read(BLOCK);
        if (block.length === 0) break;
        bytes += block.length;
        if (bytes > size) throw otherSize(name, size, `more than ${size}`);
        hash.update(block);
        moved(block.length);
        await turn();
        if (!sink.write(block))
          await Promise.race([new Promise<void>((resolve) => sink.once('drain', () => resolve())), drained]);
      }
      if (bytes < size) throw otherSize(name, size, String(bytes));
      sink.end(null);
      await Promise.race([new Promise<void>((resolve) => sink.once('close', () => resolve())), drained]);
      return { name, bytes, sha256: hash.digest('hex') };
    },
    async finish() {
      archive.finalize();
      await drained;
    },
    abandon() {
      archive.destroy(new Error('given up'));
    },
  };
}

async function drain(archive: Pack, write: WriteBytes): Promise<void> {
  for await (const bytes of archive) await write(bytes as Uint8Array);
}

function otherSize(name: ImageFileName, size: number, found: string): CkptError {
  return new CkptError(
    found.startsWith('more') ? 'trailing-bytes' : 'truncated',
    { layer: 'container', file: name },
    {
      expected: `${size} bytes of ${name}`,
      found: `${found} bytes`,
      hint: 'The image changed while it was read, or its archive or server is wrong about its size',
    },
  );
}
