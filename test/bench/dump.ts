/** How fast an image is dumped, and its processes are shown, beside runsc itself, or beside just passing the text on where there is no runsc. */
import { spawn } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stateDump } from '../../src/state-dump.ts';
import { writeBigImage } from '../support/big-graph.ts';
import { findRunscs, printsStatefiles, type Runsc } from '../support/runsc.ts';
import { ratio, type Spread, spreadOf } from './spread.ts';

export interface Dumping {
  /** What stands beside: a version of runsc, or a program that passes the finished text on. */
  readonly yardstick: string;
  readonly sizes: readonly {
    readonly files: number;
    readonly imageBytes: number;
    readonly graphBytes: number;
    readonly textBytes: number;
    readonly runs: number;
    /** Milliseconds from start to end of the process. */
    readonly wall: Spread;
    /** The same of the yardstick; null where it was not measured. */
    readonly beside: Spread | null;
    readonly toYardstick: ReturnType<typeof ratio> | null;
    /** Bytes of the most memory that the process held, and how often the graph goes into what that is beyond the dump of an image with one file. */
    readonly peak: number;
    readonly peakOfGraph: number;
    /** `ckpt inspect --section processes` of the same image, and its peak memory in bytes. */
    readonly processes: Spread;
    readonly processesToYardstick: ReturnType<typeof ratio> | null;
    readonly processesPeak: number;
  }[];
  /** Peak memory of the dump of an image with one file, in bytes. */
  readonly leastPeak: number;
}

/** Files of the smallest image; those of a real runsc with as many take the same 8 MB. */
const FILES = 30_000;
/** Times as many files, the most runs of each, and whether the yardstick is measured too. */
const SCALES = [
  { scale: 1, most: 25, beside: true },
  { scale: 10, most: 3, beside: true },
  { scale: 100, most: 1, beside: false },
] as const;

/** The first of these releases writes no hash behind the metadata when there is no key, and takes none. */
const WITHOUT_HASH = '20260316';

const AT_EXIT = `
import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS * 1024)));
`;

/** Passes a file on in blocks of the size that a dump is written in. */
const PASS_ON = `
import { openSync, readSync } from 'node:fs';
const file = openSync(process.argv[2]);
const block = Buffer.alloc(256 * 1024);
for (let size = readSync(file, block); size > 0; size = readSync(file, block)) {
  await new Promise((done) => process.stdout.write(block.subarray(0, size), done));
}
`;

/** Makes images of growing size in the directory and dumps each in turn with the yardstick. */
export async function measureDump(directory: string, runs: number): Promise<Dumping> {
  const hook = join(directory, 'dump-at-exit.mjs');
  const passOn = join(directory, 'pass-on.mjs');
  writeFileSync(hook, AT_EXIT);
  writeFileSync(passOn, PASS_ON);
  const node = (...args: readonly string[]): readonly string[] => [
    process.execPath,
    '--import',
    pathToFileURL(hook).href,
    ...args,
  ];
  const runsc = findRunscs(process.env).find(printsStatefiles) ?? null;
  const least = join(directory, 'big-0.state');
  writeBigImage(least, 1, framingFor(runsc));
  const leastPeak = (await run(node('bin/ckpt.js', 'state', 'dump', least))).peak;
  const sizes: Dumping['sizes'][number][] = [];
  for (const { scale, most, beside } of SCALES) {
    const image = join(directory, `big-${scale}.state`);
    const graphBytes = writeBigImage(image, FILES * scale, framingFor(runsc));
    const text = join(directory, 'big.txt');
    const textBytes = await dumpTo(beside && runsc === null ? text : null, image);
    const walls: number[] = [];
    const others: number[] = [];
    const inspected: number[] = [];
    let peak = 0;
    let processesPeak = 0;
    const count = Math.min(most, runs);
    for (let turn = 0; turn < count; turn++) {
      const ours = await run(node('bin/ckpt.js', 'state', 'dump', image));
      walls.push(ours.wall);
      peak = Math.max(peak, ours.peak);
      const processes = await run(node('bin/ckpt.js', 'inspect', image, '--section', 'processes'));
      inspected.push(processes.wall);
      processesPeak = Math.max(processesPeak, processes.peak);
      if (!beside) continue;
      others.push((await run(runsc === null ? node(passOn, text) : [runsc.path, 'statefile', image])).wall);
    }
    const wall = spreadOf(walls);
    const other = beside ? spreadOf(others) : null;
    const processes = spreadOf(inspected);
    sizes.push({
      files: FILES * scale,
      imageBytes: statSync(image).size,
      graphBytes,
      textBytes,
      runs: count,
      wall,
      beside: other,
      toYardstick: other === null ? null : ratio(wall, other),
      peak,
      peakOfGraph: (peak - leastPeak) / graphBytes,
      processes,
      processesToYardstick: other === null ? null : ratio(processes, other),
      processesPeak,
    });
    rmSync(image);
    rmSync(text, { force: true });
  }
  return { yardstick: runsc === null ? 'passing the text on' : `runsc ${runsc.version}`, sizes, leastPeak };
}

function framingFor(runsc: Runsc | null): Parameters<typeof writeBigImage>[2] {
  if (runsc === null) return {};
  return { framing: 'flate', headerHmac: (runsc.date ?? WITHOUT_HASH) < WITHOUT_HASH ? 'empty-key' : 'absent' };
}

/** Bytes of the dump, which is written to a file when one is named. */
async function dumpTo(file: string | null, image: string): Promise<number> {
  if (file !== null) writeFileSync(file, '');
  const { bytes, damage } = await stateDump(image, async (block) => {
    if (file !== null) writeFileSync(file, block, { flag: 'a' });
  });
  if (damage !== null) throw damage;
  return bytes;
}

/** Milliseconds and peak memory of one process whose output nobody reads. */
function run([program = '', ...args]: readonly string[]): Promise<{ readonly wall: number; readonly peak: number }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    let measured = '';
    const channel = child.stdio[3];
    if (channel !== null && channel !== undefined && 'setEncoding' in channel) {
      channel.setEncoding('utf8').on('data', (data: string) => {
        measured += data;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => {
      if (status !== 0) reject(new Error(`${program} ${args.join(' ')}: status ${status}`));
      else resolve({ wall: performance.now() - start, peak: Number(measured) });
    });
  });
}
