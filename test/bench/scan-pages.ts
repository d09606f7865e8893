/** How fast `ckpt pages` reads a file of pages, beside `cat` of the same file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildImage, writeImage } from '../support/image-builder.ts';
import { ratio, type Spread, spreadOf } from './spread.ts';

export interface PageScanning {
  readonly pageBytes: number;
  readonly runs: number;
  readonly commands: readonly {
    readonly name: string;
    /** MB (10^6 bytes) of pages for each second of the whole command. */
    readonly rate: Spread;
    /** Times as long as `cat`. */
    readonly toCat: { readonly medians: number; readonly minima: number };
    /** The same without what `ckpt pages --no-scan` takes: what the pages themselves cost. Null for cat. */
    readonly pagesToCat: number | null;
    /** Bytes of memory that the process held at most; null for cat. */
    readonly peak: number | null;
  }[];
}

const GIBIBYTE = 2 ** 30;
const MEBIBYTE = 2 ** 20;
const PAGE = 4096;

/** Writes an image with pages of which a quarter is zeros and a quarter is there twice; the others differ from all. */
export function writeMixedImage(directory: string, gibibytes: number): void {
  const ranges = Array.from({ length: gibibytes }, (_, index) => ({
    start: BigInt(index * GIBIBYTE),
    bytes: { zeros: GIBIBYTE },
    kind: 1,
  }));
  writeImage(directory, buildImage({ epoch: 'E6', inline: false, memory: [{ owner: null, ranges }] }));
  const file = openSync(join(directory, 'pages.img'), 'r+');
  const block = new Uint8Array(MEBIBYTE);
  const zeros = new Uint8Array(MEBIBYTE);
  const words = new Uint32Array(block.buffer);
  let state = 1;
  for (let word = 0; word < words.length; word++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[word] = state;
  }
  for (let index = 0; index < gibibytes * 1024; index++) {
    // Of four blocks one is zeros, and one is like that before it.
    const zero = index % 4 === 3;
    if (index % 4 !== 2) for (let page = 0; page < MEBIBYTE; page += PAGE) words[page / 4] = index * 256 + page / PAGE;
    writeSync(file, zero ? zeros : block, 0, MEBIBYTE, index * MEBIBYTE);
  }
  closeSync(file);
}

/** At its end the process writes the most memory that it held. */
const AT_EXIT = `
import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS * 1024)));
`;

/** Runs the commands in turn. */
export async function measurePageScanning(directory: string, gibibytes: number, runs: number): Promise<PageScanning> {
  const image = join(directory, 'mixed');
  const hook = join(directory, 'peak.mjs');
  writeMixedImage(image, gibibytes);
  writeFileSync(hook, AT_EXIT);
  const ckpt = (...flags: readonly string[]): readonly string[] => [
    process.execPath,
    '--import',
    pathToFileURL(hook).href,
    'bin/ckpt.js',
    'pages',
    image,
    '--json',
    ...flags,
  ];
  const commands = [
    { name: 'cat pages.img > /dev/null', argv: ['sh', '-c', 'cat "$0" > /dev/null', join(image, 'pages.img')] },
    { name: 'ckpt pages', argv: ckpt() },
    { name: 'ckpt pages --threads 0', argv: ckpt('--threads', '0') },
    { name: 'ckpt pages --no-scan', argv: ckpt('--no-scan') },
  ];
  const walls: number[][] = commands.map(() => []);
  const peaks: number[] = commands.map(() => 0);
  for (let run = 0; run < runs; run++) {
    for (const [index, { argv }] of commands.entries()) {
      const { wall, peak } = await measure(argv);
      walls[index]?.push(wall);
      peaks[index] = Math.max(peaks[index] ?? 0, peak);
    }
  }
  const spreads = walls.map(spreadOf);
  const [cat, , , start] = spreads as [Spread, Spread, Spread, Spread];
  const pageBytes = gibibytes * GIBIBYTE;
  const rate = (seconds: number): number => pageBytes / seconds / 1e6;
  return {
    pageBytes,
    runs,
    commands: commands.slice(0, 3).map(({ name }, index) => {
      const wall = spreads[index] as Spread;
      return {
        name,
        rate: { min: rate(wall.max), median: rate(wall.median), max: rate(wall.min) },
        toCat: ratio(wall, cat),
        pagesToCat: index === 0 ? null : (wall.min - start.min) / cat.min,
        peak: index === 0 ? null : (peaks[index] ?? 0),
      };
    }),
  };
}

async function measure(argv: readonly string[]): Promise<{ readonly wall: number; readonly peak: number }> {
  const [program, ...args] = argv;
  const start = performance.now();
  const child = spawn(program as string, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const [peak, code] = await Promise.all([text(child), ended(child)]);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
  return { wall: (performance.now() - start) / 1000, peak: Number(peak) };
}

async function text(child: ChildProcess): Promise<string> {
  const stream = child.stdio[3];
  if (stream === null || stream === undefined || !('read' in stream)) throw new Error('not a pipe');
  const blocks: Buffer[] = [];
  for await (const block of stream) blocks.push(block as Buffer);
  return Buffer.concat(blocks).toString();
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}
