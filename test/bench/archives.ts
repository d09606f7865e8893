/** How fast archives are expanded, beside the programs that do the same, and what a check of a large one from a pipe holds. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as zlib from 'node:zlib';
import { expandGzip } from '../../src/container/expand-gzip.ts';
import { expandZstd } from '../../src/container/expand-zstd.ts';
import { openFile } from '../../src/io/file-source.ts';
import { openZstdCompressor } from '../../src/io/zstd-codec.ts';
import { buildImage, imageBytes } from '../support/image-builder.ts';
import { tarOf } from '../support/image-forms.ts';
import { type Spread, spreadOf } from './spread.ts';

export interface Archives {
  /** Bytes that come out of each compressed file of the first part. */
  readonly bytes: number;
  readonly runs: number;
  readonly codecs: readonly {
    readonly name: string;
    readonly packedBytes: number;
    /** MB/s of what comes out. */
    readonly rate: Spread;
    /** The program beside it and its MB/s, or null where it is not installed. */
    readonly program: string;
    readonly programRate: Spread | null;
  }[];
  readonly piped: {
    readonly archiveBytes: number;
    readonly packedBytes: number;
    readonly wall: number;
    /** Bytes of the most memory that the process held, and of the same with one page. */
    readonly peak: number;
    readonly peakOfSmall: number;
  };
}

const MEBIBYTE = 2 ** 20;
const HOST = 'fixtures/hosts/turin/cpuid.txt';
const AT_EXIT = `
import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS * 1024)));
`;

/** @param mebibytes size of what is expanded; the archive from the pipe has `pipedGibibytes` of pages. */
export async function measureArchives(
  directory: string,
  mebibytes: number,
  pipedGibibytes: number,
  runs: number,
): Promise<Archives> {
  const codecs: Archives['codecs'][number][] = [];
  const native = 'createZstdDecompress' in zlib;
  const zst = join(directory, 'bench.zst');
  const gz = join(directory, 'bench.gz');
  await writeZstd(zst, pieces(mebibytes));
  await writeGzip(gz, pieces(mebibytes));
  const bytes = mebibytes * MEBIBYTE;
  for (const [name, file, program, expand] of [
    ...(native ? [['zstd by Node', zst, 'zstd', () => expandZstd(openFile(zst), () => {})] as const] : []),
    ['zstd by the package', zst, 'zstd', () => expandZstd(openFile(zst), () => {}, { native: false })],
    ['gzip', gz, 'gzip', () => expandGzip(openFile(gz), () => {})],
  ] as const) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      const source = expand();
      const moved = await source.skip(Number.MAX_SAFE_INTEGER);
      await source.close();
      if (moved !== bytes) throw new Error(`${name}: ${moved} bytes`);
      ours.push(bytes / 1000 / (performance.now() - start));
      const beside = performance.now();
      const { status } = spawnSync('sh', ['-c', `${program} -dc "$0" > /dev/null`, file], { stdio: 'ignore' });
      if (status === 0) theirs.push(bytes / 1000 / (performance.now() - beside));
    }
    const programRate = theirs.length === 0 ? null : spreadOf(theirs);
    codecs.push({ name, packedBytes: statSync(file).size, rate: spreadOf(ours), program: `${program} -d`, programRate });
  }
  rmSync(zst);
  rmSync(gz);
  return { bytes, runs, codecs, piped: await measurePiped(directory, pipedGibibytes) };
}

/** Checks `pages.img, checkpoint.img, pages_meta.img` in zstd from a pipe, with much and with little before the rest. */
async function measurePiped(directory: string, gibibytes: number): Promise<Archives['piped']> {
  const hook = join(directory, 'peak-at-exit.mjs');
  writeFileSync(hook, AT_EXIT);
  const large = join(directory, 'large.tar.zst');
  const small = join(directory, 'small.tar.zst');
  const archiveBytes = gibibytes * 1024 * MEBIBYTE;
  await writeZstd(large, archive(gibibytes * 1024));
  await writeZstd(small, archive(1));
  const much = await check(hook, large);
  const little = await check(hook, small);
  const packedBytes = statSync(large).size;
  rmSync(large);
  rmSync(small);
  return { archiveBytes, packedBytes, wall: much.wall, peak: much.peak, peakOfSmall: little.peak };
}

/** An archive with an inline image behind a large member: what the member holds is of no use to the check, and goes by. */
async function* archive(mebibytes: number): AsyncGenerator<Uint8Array> {
  const image = imageBytes(buildImage({ epoch: 'E6' }));
  const tail = await tarOf([{ name: 'checkpoint.img', content: image }]);
  const size = mebibytes * MEBIBYTE;
  const header = Buffer.alloc(512);
  header.write('large.bin');
  header.write('0000644\0', 100);
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(size), 128);
  header.write('0', 156);
  header.write('ustar  \0', 257);
  header.fill(' ', 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  yield header;
  yield* pieces(mebibytes);
  yield tail;
}

/** Mebibytes of which half compress and half do not, the same in each run. */
async function* pieces(mebibytes: number): AsyncGenerator<Uint8Array> {
  const noise = Buffer.alloc(MEBIBYTE);
  let seed = 1;
  for (let index = 0; index < noise.length; index += 4) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    noise.writeUInt32LE((seed ^ (seed >>> 13)) >>> 0, index);
  }
  const text = Buffer.from('the pages of a program are repetitive, though not all of them: '.repeat(20_000)).subarray(
    0,
    MEBIBYTE,
  );
  for (let index = 0; index < mebibytes; index++) yield index % 2 === 0 ? text : noise;
}

async function writeZstd(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const fd = openSync(file, 'w');
  const codec = await openZstdCompressor(1);
  for await (const piece of content) for (const block of await codec.push(piece)) writeSync(fd, block);
  for (const block of await codec.end()) writeSync(fd, block);
  codec.close();
  closeSync(fd);
}

async function writeGzip(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const fd = openSync(file, 'w');
  const gzip = zlib.createGzip({ level: 1 });
  gzip.on('data', (block: Uint8Array) => writeSync(fd, block));
  for await (const piece of content) await new Promise<void>((resolve) => gzip.write(piece, () => resolve()));
  await new Promise<void>((resolve) => {
    gzip.on('end', resolve);
    gzip.end();
  });
  closeSync(fd);
}

async function check(hook: string, file: string): Promise<{ readonly wall: number; readonly peak: number }> {
  const args = ['--import', pathToFileURL(hook).href, 'bin/ckpt.js', 'check', '-', '--host', HOST, '--json'];
  const start = performance.now();
  const child = spawn('sh', ['-c', 'cat "$0" | "$@"', file, process.execPath, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const text = { answer: '', peak: '' };
  child.stdio[1]?.on('data', (block) => {
    text.answer += String(block);
  });
  child.stdio[3]?.on('data', (block) => {
    text.peak += String(block);
  });
  await new Promise((resolve) => child.on('close', resolve));
  const { errors = [] } = JSON.parse(text.answer === '' ? '{}' : text.answer) as { errors?: unknown[] };
  if (text.peak === '' || text.answer === '' || errors.length > 0)
    throw new Error(`check ${file} did not do its work: ${text.answer}`);
  return { wall: (performance.now() - start) / 1000, peak: Number(text.peak) };
}
