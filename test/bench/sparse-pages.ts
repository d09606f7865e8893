/** What a check reads and holds of an image whose pages lie in the stream. */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ImageOptions, writeSparseImage } from '../support/image-builder.ts';

export interface SparsePages {
  readonly pageBytes: number;
  readonly runs: readonly {
    readonly name: string;
    readonly imageBytes: number;
    /** Seconds. */
    readonly wall: number;
    /** Seconds of `cat IMAGE | cat` for an image that was piped; else null. */
    readonly cat: number | null;
    /**
     * Bytes that the process asked the kernel to read beyond those of the same check of an image with one page; null where the kernel
     * does not count them (`rchar` of /proc/self/io).
     */
    readonly bytesRead: number | null;
    /** Bytes of the most memory that the process held at any time, and how much more that is than with one page. */
    readonly peak: number;
    readonly peakBeyondOnePage: number;
  }[];
}

const GIBIBYTE = 2 ** 30;
const HOST = 'fixtures/hosts/turin/cpuid.txt';

/** Framings that a file can have holes in. */
const FRAMINGS: readonly { readonly name: string; readonly options: ImageOptions }[] = [
  { name: 'inline pages, no framing', options: { epoch: 'E6' } },
  { name: 'inline pages, chunks with a length', options: { epoch: 'E3' } },
];

/**
 * At its end the process writes what the kernel counted of it: every byte that any read gave it, by whatever function, and its peak of
 * resident memory. Being in the process, this needs no tracer and no privilege.
 */
const AT_EXIT = `
import { readFileSync, writeSync } from 'node:fs';
process.on('exit', () => {
  let rchar = null;
  try {
    rchar = Number(/^rchar: (\\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))[1]);
  } catch {}
  writeSync(3, JSON.stringify({ rchar, peak: process.resourceUsage().maxRSS * 1024 }));
});
`;

interface Measured {
  readonly wall: number;
  readonly rchar: number | null;
  readonly peak: number;
}

/** Checks sparse images, as files and through a pipe, each beside an image that differs only in having one page. */
export async function measureSparsePages(directory: string, gibibytes: number): Promise<SparsePages> {
  const hook = join(directory, 'at-exit.mjs');
  writeFileSync(hook, AT_EXIT);
  const runs: SparsePages['runs'][number][] = [];
  for (const [index, { name, options }] of FRAMINGS.entries()) {
    const [large, small] = ['large', 'small'].map((size) => join(directory, `${size}-${index}.state`)) as [string, string];
    writeSparseImage(large, { ...options, pageBytes: BigInt(gibibytes * GIBIBYTE) });
    writeSparseImage(small, { ...options, pageBytes: 4096n });
    for (const piped of index === 0 ? [false, true] : [false]) {
      const [much, little] = [await check(hook, large, piped), await check(hook, small, piped)];
      runs.push({
        name: piped ? `${name}, from a pipe` : name,
        imageBytes: statSync(large).size,
        wall: much.wall,
        cat: piped ? await catToCat(large) : null,
        bytesRead: much.rchar === null || little.rchar === null ? null : much.rchar - little.rchar,
        peak: much.peak,
        peakBeyondOnePage: much.peak - little.peak,
      });
    }
  }
  return { pageBytes: gibibytes * GIBIBYTE, runs };
}

async function check(hook: string, image: string, piped: boolean): Promise<Measured> {
  const args = ['--import', pathToFileURL(hook).href, 'bin/ckpt.js', 'check', piped ? '-' : image, '--host', HOST, '--json'];
  const start = performance.now();
  // A pipe of the shell: what Node itself puts between processes is a socket, which is read in other pieces.
  const [program, ...rest] = piped
    ? ['sh', '-c', 'cat "$0" | "$@"', image, process.execPath, ...args]
    : [process.execPath, ...args];
  const child = spawn(program as string, rest, {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [answer, errors, measured] = await Promise.all([text(child, 1), text(child, 2), text(child, 3), ended(child)]);
  const wall = (performance.now() - start) / 1000;
  const { errors: unread = [] } = JSON.parse(answer === '' ? '{}' : answer) as { errors?: unknown[] };
  if (measured === '' || unread.length > 0) throw new Error(`check ${image} did not do its work: ${answer}${errors}`);
  return { ...(JSON.parse(measured) as Omit<Measured, 'wall'>), wall };
}

/** Seconds for the same bytes through a pipe into a program that does nothing with them. */
async function catToCat(image: string): Promise<number> {
  const start = performance.now();
  await ended(spawn('sh', ['-c', 'cat "$0" | cat > /dev/null', image], { stdio: 'ignore' }));
  return (performance.now() - start) / 1000;
}

async function text(child: ChildProcess, descriptor: 1 | 2 | 3): Promise<string> {
  const stream = child.stdio[descriptor];
  if (stream === null || stream === undefined || !('read' in stream)) throw new Error('not a pipe');
  const blocks: Buffer[] = [];
  for await (const block of stream) blocks.push(block as Buffer);
  return Buffer.concat(blocks).toString();
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}
