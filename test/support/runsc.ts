/** Runs a real runsc: makes checkpoints and asks it to restore them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';

export interface Runsc {
  readonly path: string;
  /** As `runsc --version` prints it. */
  readonly version: string;
  /** YYYYMMDD in it, or null. */
  readonly date: string | null;
}

/** A scratch directory with a bundle, and what is needed to remove it. */
export interface Workshop {
  readonly directory: string;
  readonly remove: () => void;
}

/** What a real restore did: null when it succeeded, else the innermost message. */
export type RestoreAnswer = string | null;

const COMMAND_SECONDS = 20;
const FLAGS = ['--network=none', '--ignore-cgroups', '--platform=ptrace'];

/** runsc of the PATH and those that CKPT_TEST_RUNSC names (paths, separated by colons). */
export function findRunscs(environment: Readonly<Record<string, string | undefined>>): readonly Runsc[] {
  const paths = ['runsc', ...(environment['CKPT_TEST_RUNSC'] ?? '').split(':').filter((path) => path !== '')];
  return paths.flatMap((path) => {
    const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    const version = status === 0 ? /^runsc version (.+)$/m.exec(stdout)?.[1] : undefined;
    return version === undefined ? [] : [{ path, version, date: /(\d{8})/.exec(version)?.[1] ?? null }];
  });
}

/** Whether it has the command `statefile`, which prints an image. Those before 2025-10 call two commands `state`, and reach the other. */
export function printsStatefiles(runsc: Runsc): boolean {
  const { stdout } = spawnSync(runsc.path, ['help'], { encoding: 'utf8' });
  return /^\s+statefile\s/m.test(stdout);
}

/** A bundle whose only program is ours: it sleeps for ever, and all of its memory is written by this test. */
export function createWorkshop(): Workshop {
  const directory = mkdtempSync(join(tmpdir(), 'ckpt-runsc-'));
  const root = join(directory, 'bundle', 'rootfs');
  mkdirSync(join(root, 'proc'), { recursive: true });
  writeFileSync(join(root, 'idle'), program(idleCode()), { mode: 0o755 });
  const namespaces = ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type }));
  const config = {
    ociVersion: '1.0.0',
    process: { user: { uid: 0, gid: 0 }, args: ['/idle'], env: [], cwd: '/' },
    root: { path: 'rootfs', readonly: true },
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
    linux: { namespaces },
  };
  writeFileSync(join(directory, 'bundle', 'config.json'), JSON.stringify(config));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/**
 * Runs the bundle, saves it, and removes the container; answers an error text or null.
 *
 * @param ready ends when the program has done what is to be saved
 */
export async function makeImage(
  runsc: Runsc,
  workshop: Workshop,
  name: string,
  flags: readonly string[],
  ready: () => Promise<void> = async () => {},
): Promise<string | null> {
  const image = join(workshop.directory, name);
  mkdirSync(image);
  return withContainer(runsc, workshop, name, async (command) => {
    const run = await command('run', '--detach', '--bundle', join(workshop.directory, 'bundle'));
    if (run !== null) return run;
    await ready();
    return command('checkpoint', ...flags, '--image-path', image);
  });
}

/** Asks runsc to restore an image directory into a new container of the same bundle. */
export async function restoreImage(runsc: Runsc, workshop: Workshop, image: string, id: string): Promise<RestoreAnswer> {
  const bundle = join(workshop.directory, 'bundle');
  return withContainer(runsc, workshop, id, async (command) => {
    const answer = await command('restore', '--detach', '--bundle', bundle, '--image-path', image);
    return answer === null ? null : innermost(answer);
  });
}

/**
 * The innermost message of a failed restore on one line: without the wrappers, without the goroutine trace and the colon before it.
 * Go pointers, which differ from run to run, become `0xc…`.
 */
export function innermost(output: string): string {
  const [message = ''] = output.trim().split(/:?\ngoroutine \d+ /);
  const wrappers = /^(?:running container: |starting container: |restoring container "[^"]*": |failed to load kernel: )+/;
  return withoutPointers(
    message
      .trim()
      .replace(wrappers, '')
      .replaceAll(/\s*\n\s*/g, ' '),
  );
}

/** The same text with Go's heap pointers replaced. */
export function withoutPointers(message: string): string {
  return message.replaceAll(/0xc0[0-9a-f]{8}\b/g, '0xc…');
}

type Command = (...args: readonly string[]) => Promise<string | null>;

async function withContainer<T>(runsc: Runsc, workshop: Workshop, id: string, use: (command: Command) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(workshop.directory, 'state-'));
  const container = `ckpt-${id}`;
  const command: Command = (name, ...args) => execute(runsc.path, [...FLAGS, '--root', root, name ?? '', ...args, container]);
  try {
    return await use(command);
  } finally {
    await command('delete', '-force');
    rmSync(root, { recursive: true, force: true });
  }
}

/** Runs one command; answers null when it succeeded, else what it printed. Its log goes to a file: a sandbox keeps it open. */
function execute(path: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    const finish = (answer: string | null): void => {
      clearTimeout(timer);
      child.stderr?.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      finish(`no answer within ${COMMAND_SECONDS} seconds`);
    }, COMMAND_SECONDS * 1000);
    child.stderr?.on('data', (data: Buffer) => {
      output += data.toString('utf8');
    });
    child.on('error', (error) => finish(error.message));
    // `exit`, not `close`: a sandbox that lives on holds the other end of the pipe.
    child.on('exit', (code) => setTimeout(() => finish(code === 0 ? null : output || `exit status ${code}`), 20));
  });
}

/** Code that never ends: `for (;;) nanosleep(1 s)`. */
export function idleCode(): readonly number[] {
  return [
    ...[0xb8, 35, 0, 0, 0], // mov eax, 35 (nanosleep)
    ...[0x48, 0x8d, 0x3d, 0x06, 0, 0, 0], // lea rdi, [rip + 6] (the timespec)
    ...[0x31, 0xf6], // xor esi, esi
    ...[0x0f, 0x05], // syscall
    ...[0xeb, 0xee], // jmp to the beginning
    ...[1, 0, 0, 0, 0, 0, 0, 0], // tv_sec
    ...[0, 0, 0, 0, 0, 0, 0, 0], // tv_nsec
  ];
}

/** A static x86-64 executable of this code. */
export function program(code: readonly number[]): Uint8Array {
  const base = 0x40_0000n;
  const start = 64 + 56;
  const file = new Uint8Array(start + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, base + BigInt(start), true); // entry
  view.setBigUint64(32, 64n, true); // program headers
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // readable, executable
  view.setBigUint64(80, base, true);
  view.setBigUint64(88, base, true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(file.length), true);
  view.setBigUint64(112, 4096n, true);
  file.set(code, start);
  return file;
}

/** Stands for the tests of a file where there is no runsc for them: a file without any test is an error to the runner. */
export function skipWithout(runscs: readonly Runsc[]): void {
  if (runscs.length === 0) it.skip('with a real runsc', () => {});
}
