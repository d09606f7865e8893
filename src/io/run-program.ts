/** Child processes: the only place that starts one. */
import { spawn, spawnSync } from 'node:child_process';
import { errorCode } from './system-error.ts';

/** How a program ended. */
export type ProgramRun =
  | {
      readonly outcome: 'ended';
      /** Exit status, or null when a signal ended it. */
      readonly status: number | null;
      readonly signal: string | null;
      readonly stdout: Uint8Array;
    }
  | {
      readonly outcome: 'not-started' | 'timed-out' | 'too-much-output';
      /** The operating system's code (`EACCES`), or null. */
      readonly code: string | null;
      readonly reason: string;
    };

export interface ProgramOptions {
  /** Milliseconds after which the program is killed. */
  readonly timeoutMs: number;
  /** Bytes of standard output after which the program is killed; stops a program that never ends to write. */
  readonly outputBytes: number;
  /** The complete environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs a program without a shell, with no standard input, and collects its standard output; standard error is discarded.
 *
 * Never throws and never rejects: a program that cannot be started is a result.
 */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
  return new Promise((resolve) => {
    const notStarted = (error: unknown): void => {
      const code = errorCode(error) ?? null;
      resolve({ outcome: 'not-started', code, reason: error instanceof Error ? error.message : String(error) });
    };
    let child: ReturnType<typeof startProgram>;
    try {
      child = startProgram(file, args, options.env);
    } catch (error) {
      notStarted(error);
      return;
    }
    const blocks: Uint8Array[] = [];
    let length = 0;
    let stopped: 'timed-out' | 'too-much-output' | null = null;
    const stop = (why: 'timed-out' | 'too-much-output'): void => {
      stopped = why;
      child.kill('SIGKILL');
      child.stdout.destroy();
    };
    const timer = setTimeout(() => stop('timed-out'), options.timeoutMs);
    child.stdout.on('data', (block: Uint8Array) => {
      length += block.length;
      if (length > options.outputBytes) stop('too-much-output');
      else blocks.push(block);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      notStarted(error);
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (stopped === null) resolve({ outcome: 'ended', status, signal, stdout: Buffer.concat(blocks) });
      else resolve({ outcome: stopped, code: null, reason: describeStop(stopped, options) });
    });
  });
}

/**
 * The same without letting anything else happen meanwhile; for programs of a few milliseconds, where it is faster than {@link runProgram}.
 */
export function runProgramSync(file: string, args: readonly string[], options: ProgramOptions): ProgramRun {
  const { error, status, signal, stdout } = spawnSync(file, args, {
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: options.timeoutMs,
    maxBuffer: options.outputBytes,
    killSignal: 'SIGKILL',
    windowsHide: true,
  });
  if (error === undefined) return { outcome: 'ended', status, signal, stdout };
  const code = errorCode(error) ?? null;
  if (code === 'ETIMEDOUT') return { outcome: 'timed-out', code: null, reason: describeStop('timed-out', options) };
  if (code === 'ENOBUFS') return { outcome: 'too-much-output', code: null, reason: describeStop('too-much-output', options) };
  return { outcome: 'not-started', code, reason: error.message };
}

function startProgram(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(file, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
}

function describeStop(why: 'timed-out' | 'too-much-output', options: ProgramOptions): string {
  return why === 'timed-out'
    ? `it did not end within ${options.timeoutMs} ms and was killed`
    : `it wrote more than ${options.outputBytes} bytes and was killed`;
}
