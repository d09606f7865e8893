/** How long a check takes from start to end of its process, beside Node itself and beside yargs alone. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { buildEmptyCommand } from './empty-command.ts';
import { ratio, type Spread, spreadOf } from './spread.ts';

export interface ColdStart {
  readonly image: string;
  readonly imageBytes: number;
  readonly runs: number;
  readonly commands: readonly {
    readonly name: string;
    /** Milliseconds. */
    readonly wall: Spread;
    readonly toNode: ReturnType<typeof ratio>;
    readonly toEmptyCommand: ReturnType<typeof ratio>;
  }[];
}

const BIN = 'bin/ckpt.js';
const IMAGE = 'fixtures/images/2026-08/zen5.state';
const HOST = 'fixtures/hosts/turin/cpuid.txt';
const NODE = 'node -e 0';
const EMPTY = 'yargs and one empty command';

/**
 * Runs the commands in turn, so that what else the machine does meets all of them alike.
 *
 * PATH is empty: whether there is a runsc to be asked for its version is the machine's matter, not that of the start.
 */
export async function measureColdStart(directory: string, runs: number): Promise<ColdStart> {
  const empty = await buildEmptyCommand(directory);
  const commands = new Map<string, readonly string[]>([
    [NODE, ['-e', '0']],
    [EMPTY, [empty, 'check', IMAGE]],
    ['ckpt check IMAGE (this machine, by the probe)', [BIN, 'check', IMAGE]],
    ['ckpt check IMAGE --json', [BIN, 'check', IMAGE, '--json']],
    ['ckpt check IMAGE --host FILE', [BIN, 'check', IMAGE, '--host', HOST]],
    ['ckpt inspect IMAGE', [BIN, 'inspect', IMAGE]],
    ['ckpt --version', [BIN, '--version']],
  ]);
  const times = new Map([...commands.keys()].map((name) => [name, [] as number[]]));
  for (let run = -1; run < runs; run++) {
    for (const [name, args] of commands) {
      const took = once(args);
      if (run >= 0) times.get(name)?.push(took);
    }
  }
  const spreads = new Map([...times].map(([name, values]) => [name, spreadOf(values)]));
  const node = spreads.get(NODE);
  const yargs = spreads.get(EMPTY);
  if (node === undefined || yargs === undefined) throw new Error('the yardsticks were not measured');
  return {
    image: IMAGE,
    imageBytes: statSync(IMAGE).size,
    runs,
    commands: [...spreads].map(([name, wall]) => ({
      name,
      wall,
      toNode: ratio(wall, node),
      toEmptyCommand: ratio(wall, yargs),
    })),
  };
}

/** Milliseconds of one run. A check may say no or do not know; anything else is not what was to be measured. */
function once(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const took = performance.now() - start;
  if (status !== 0 && status !== 1 && status !== 4) throw new Error(`node ${args.join(' ')}: status ${status}\n${stderr}`);
  return took;
}
