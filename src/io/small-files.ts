/** Small text files: host descriptions and what the kernel shows under /proc and /sys. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CkptError } from '../errors.ts';
import { openStandardInput } from './file-source.ts';
import { systemError } from './system-error.ts';

const BLOCK_BYTES = 65_536;

/** What a small file is to be, with the ceiling on its size. */
const CEILINGS = {
  'a host description': 'hostBytes',
  'an OCI runtime spec': 'specBytes',
  'a configuration': 'configBytes',
} as const;
type SmallFile = keyof typeof CEILINGS;

/**
 * The whole content of a file, read to its end whatever its size is said to be (files under /proc say 0).
 *
 * @throws CkptError `not-found`, `permission-denied`, `not-a-regular-file`, `over-limit`, `io-error`.
 */
export function readSmallFile(path: string, limit: number, what: SmallFile = 'a host description'): Uint8Array {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    if (fstatSync(fd).isDirectory()) {
      throw new CkptError('not-a-regular-file', { layer: 'file', file: path }, { expected: 'a file', found: 'a directory' });
    }
    const blocks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      const block = new Uint8Array(BLOCK_BYTES);
      const count = readSync(fd, block, 0, block.length, null);
      if (count === 0) return Buffer.concat(blocks);
      length += count;
      if (length > limit) throw tooLong(path, limit, what);
      blocks.push(block.subarray(0, count));
    }
  } catch (error) {
    throw error instanceof CkptError ? error : systemError(path, error);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/**
 * Everything on standard input.
 *
 * @throws CkptError `over-limit`, `io-error`.
 */
export async function readStandardInput(limit: number, what: SmallFile = 'a host description'): Promise<Uint8Array> {
  const source = openStandardInput();
  const blocks: Uint8Array[] = [];
  for (let length = 0; ; ) {
    const block = await source.read(BLOCK_BYTES);
    if (block.length === 0) return Buffer.concat(blocks);
    length += block.length;
    if (length > limit) throw tooLong('-', limit, what);
    blocks.push(block);
  }
}

/** Whether something is at a path, and whether it is a directory; links are followed. */
export function whatIsAt(path: string): 'nothing' | 'directory' | 'other' {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'other';
  } catch {
    return 'nothing';
  }
}

/**
 * The regular files directly in a directory (links to files included), sorted by name.
 *
 * @throws CkptError `not-found`, `permission-denied`, `io-error`.
 */
export function regularFilesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => isRegularFile(join(directory, name)))
      .sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    throw systemError(directory, error);
  }
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function tooLong(path: string, limit: number, what: SmallFile): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'file', file: path },
    {
      expected: `${what} of at most ${limit} bytes`,
      found: 'more',
      hint: `If this really is one, raise the ceiling ${CEILINGS[what]}`,
    },
  );
}
