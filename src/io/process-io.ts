/** What the command line may ask of its process: two outputs and the environment. */
import { UsageError } from '../errors.ts';
import { errorCode } from './system-error.ts';

/** The part of Node's `process` that a command needs. */
export interface NodeProcess {
  readonly stdout: NodeOutput;
  readonly stderr: NodeOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The part of a Node stream that is used of an output. */
export interface NodeOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(data: string | Uint8Array, done: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** An output of the process. */
export interface Output {
  readonly isTerminal: boolean;
  /** Width of the terminal in columns; null when it is none, or it does not say. */
  readonly columns: number | null;
  /** The reader has gone away, which showed when something was written: whatever more is written is dropped. */
  readonly closed: boolean;
  /**
   * Writes and waits until the operating system has taken it. A reader that has gone away is success: what is written then is dropped.
   *
   * @throws UsageError when the output cannot be written (a full disk)
   */
  write(data: string | Uint8Array): Promise<void>;
}

export interface ProcessIo {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The variable of the environment; undefined when it is not set or empty. */
  env(name: string): string | undefined;
}

/** Wraps Node's `process`. */
export function processIo(node: NodeProcess): ProcessIo {
  return {
    stdout: output(node.stdout, 'standard output'),
    stderr: output(node.stderr, 'standard error'),
    env: (name) => (node.env[name] === '' ? undefined : node.env[name]),
  };
}

function output(stream: NodeOutput, name: string): Output {
  let closed = false;
  // The write that fails reports the error itself; without a listener the event would end the process.
  stream.on('error', () => {});
  return {
    isTerminal: stream.isTTY === true,
    columns: stream.isTTY === true ? (stream.columns ?? null) : null,
    get closed() {
      return closed;
    },
    write(data) {
      if (closed || data.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        stream.write(data, (error) => {
          const code = errorCode(error);
          if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') closed = true;
          else if (error instanceof Error) return reject(new UsageError(`${name} cannot be written (${code ?? error.message})`));
          resolve();
        });
      });
    },
  };
}
