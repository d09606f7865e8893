/** What a step on GitHub leaves to the steps after it and to the page of the run, when the format `github` was asked for. */
import { appendToFile, bytesOfFile } from '../io/append-file.ts';
import type { ProcessIo } from '../io/process-io.ts';
import type { OutputOptions } from './invocation.ts';

/** The most bytes of the summary of a step. */
const SUMMARY_BYTES = 1024 * 1024;

export interface GithubFiles {
  /** The summary in at most so many bytes; empty when it does not fit. */
  readonly summary: (mostBytes: number) => string;
  /** Values of one line. */
  readonly outputs: readonly (readonly [name: string, value: string])[];
}

export function wantsGithub({ destinations }: OutputOptions): boolean {
  return destinations.some(({ format }) => format === 'github');
}

/**
 * Adds the summary to the file that GITHUB_STEP_SUMMARY names and the outputs to that of GITHUB_OUTPUT; does nothing for a variable that is
 * not set.
 *
 * @throws UsageError when one cannot be written
 * @see https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions: a summary of more than 1 MiB is not shown at all
 */
export function writeGithubFiles(io: ProcessIo, { summary, outputs }: GithubFiles): void {
  const summaryFile = io.env('GITHUB_STEP_SUMMARY');
  if (summaryFile !== undefined) {
    const text = summary(SUMMARY_BYTES - bytesOfFile(summaryFile) - 1);
    if (text !== '') appendToFile(summaryFile, `\n${text}`);
  }
  const outputFile = io.env('GITHUB_OUTPUT');
  if (outputFile !== undefined) appendToFile(outputFile, outputs.map(outputLines).join(''));
}

/** Names of images and hosts are among the values: nobody can know the word that ends them. */
function outputLines([name, value]: readonly [string, string]): string {
  const end = `ckpt-${globalThis.crypto.randomUUID()}`;
  return `${name}<<${end}\n${value}\n${end}\n`;
}
