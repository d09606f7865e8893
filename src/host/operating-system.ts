/** What a description of the current host needs of the operating system, as one interface so that each failure can be tried out. */
import type { ProgramRun } from '../io/run-program.ts';
import { runProgram } from '../io/run-program.ts';
import { readSmallFile } from '../io/small-files.ts';
import { cpuidDevices, currentPlatform, readCpuidDevice, searchPath } from '../io/system-facts.ts';
import { runTemporaryExecutable, type TemporaryRun } from '../io/temporary-executable.ts';

export interface OperatingSystem {
  readonly platform: () => { readonly os: string; readonly arch: string; readonly kernel: string };
  readonly runTemporary: (executable: Uint8Array) => TemporaryRun;
  /** Runs a program found in PATH. */
  readonly run: (program: string, args: readonly string[]) => Promise<ProgramRun>;
  readonly cpuidDevices: () => readonly number[];
  readonly readCpuidDevice: typeof readCpuidDevice;
  readonly readFile: (path: string) => Uint8Array;
}

/** Milliseconds for the probe, which needs one or two. */
const PROBE_TIMEOUT_MS = 5000;
/** Bytes of the probe's output, which is about 20 KB. */
const PROBE_OUTPUT_BYTES = 1_048_576;
/** Milliseconds for `runsc --version` and `runsc cpu-features`. */
const RUNSC_TIMEOUT_MS = 5000;
const RUNSC_OUTPUT_BYTES = 65_536;
/** Bytes of a file under /proc or /sys; /proc/cpuinfo of 500 logical CPUs is under 1 MiB. */
const SYSTEM_FILE_BYTES = 16 * 1024 * 1024;

/** The machine that ckpt runs on. */
export const THIS_MACHINE: OperatingSystem = {
  platform: currentPlatform,
  runTemporary: (executable) =>
    runTemporaryExecutable(executable, { timeoutMs: PROBE_TIMEOUT_MS, outputBytes: PROBE_OUTPUT_BYTES }),
  run: (program, args) =>
    runProgram(program, args, { timeoutMs: RUNSC_TIMEOUT_MS, outputBytes: RUNSC_OUTPUT_BYTES, env: { PATH: searchPath() } }),
  cpuidDevices,
  readCpuidDevice,
  readFile: (path) => readSmallFile(path, SYSTEM_FILE_BYTES),
};
