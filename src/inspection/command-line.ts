/** The command line of a process, as gVisor's /proc/PID/cmdline makes it. */
import type { AddressRange } from '../kernel/memory/address-space.ts';
import { text } from '../wire/read-value.ts';

/** The byte that ends each string. */
export const NUL = 0;

/** gVisor answers with at most one page when arguments run into the environment. */
const PAGE_BYTES = 4096;

/** Where arguments and environment lie, and what is there. */
export interface CommandLineSource {
  readonly argv: AddressRange;
  readonly envv: AddressRange;
  readonly argvBytes: Uint8Array;
  /** Null when they are not at hand. */
  readonly envvBytes: Uint8Array | null;
}

/** A command line. */
export interface CommandLine {
  /** Its strings, split at zero bytes. */
  readonly words: readonly string[];
  /** The arguments run into the environment: the process wrote a title over both. */
  readonly overwrote: boolean;
}

/**
 * The arguments; where the process wrote over the zero byte that ends them, everything up to the next one, in the environment if need be.
 *
 * What comes out of the environment is cut behind its first `=`, unless values are asked for: it may be a variable that is still whole.
 *
 * @returns null when bytes of the environment are needed and not at hand.
 * @see gVisor pkg/sentry/fsimpl/proc/task_files.go: GetMetadata (cmdlineData.Generate before).
 */
export function commandLine(source: CommandLineSource, showEnv: boolean): CommandLine | null {
  const { argvBytes: argv, envvBytes: envv } = source;
  if (argv.length === 0 || argv.at(-1) === NUL) return { words: words(source, showEnv), overwrote: false };
  const end = argv.indexOf(NUL);
  if (end >= 0) return { words: [text(argv.subarray(0, end))], overwrote: false };
  if (argv.length >= PAGE_BYTES) return { words: [text(argv)], overwrote: true };
  if (envv === null) return null;
  const room = envv.subarray(0, PAGE_BYTES - argv.length);
  const zero = room.indexOf(NUL);
  const rest = zero < 0 ? room : room.subarray(0, zero);
  const title = new Uint8Array(argv.length + rest.length);
  title.set(argv);
  title.set(rest, argv.length);
  if (showEnv) return { words: [text(title)], overwrote: true };
  const equals = title.indexOf(EQUALS, argv.length);
  return { words: [equals < 0 ? text(title) : `${text(title.subarray(0, equals + 1))}…`], overwrote: true };
}

const EQUALS = 0x3d;

/** Strings that end with a zero byte each. One that lies in the environment too is cut behind its `=`. */
function words({ argv, envv, argvBytes }: CommandLineSource, showEnv: boolean): string[] {
  const result: string[] = [];
  for (let start = 0; start < argvBytes.length; ) {
    const end = argvBytes.indexOf(NUL, start);
    const word = text(argvBytes.subarray(start, end));
    const address = argv.start + BigInt(start);
    const secret = !showEnv && address >= envv.start && address < envv.end && word.includes('=');
    result.push(secret ? `${word.slice(0, word.indexOf('=') + 1)}…` : word);
    start = end + 1;
  }
  return result;
}
