/** Runs the built command as people do: `node bin/ckpt.js …` in a directory of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const BIN = join(ROOT, 'bin/ckpt.js');

if (!existsSync(join(ROOT, 'dist/cli.js'))) throw new Error('These tests run the bundle: npm run build comes first.');

export interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export interface RunOptions {
  /** Default: the root of the repository, so that fixtures have short names. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
}

/** One run with pipes for all streams and an environment that holds nothing but PATH and what is given. */
export function ckpt(args: readonly string[], { cwd = ROOT, env = {}, input }: RunOptions = {}): Run {
  const { stdout, stderr, status, error } = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined) throw error;
  return { stdout, stderr, code: status };
}

/** A run as it looks in a terminal: the command, standard error, standard output, exit code. */
export function transcript(args: readonly string[], options?: RunOptions): string {
  const { stdout, stderr, code } = ckpt(args, options);
  const command = args.map((word) => (/^[\w./=,:@-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  return `$ ckpt ${command}\n${stderr}${stdout}(exit code ${code})\n`;
}

export const ZEN5 = 'fixtures/images/2026-08/zen5.state';
export const HASWELL = 'fixtures/images/2026-08/haswell.state';
export const ON_TURIN = ['--host', 'turin=fixtures/hosts/turin/cpuid.txt'];
export const ON_MILAN = ['--host', 'milan=fixtures/hosts/qemu-EPYC-Milan/cpuid.txt'];
