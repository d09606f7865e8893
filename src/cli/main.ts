/** The command line: which part of it a command is in. */
import type { NodeProcess } from '../io/process-io.ts';

/** First words of the commands that look into images. Their code is large, and of no use to the others. */
const LOOKING: ReadonlySet<string> = new Set(['inspect', 'diff', 'state']);
/** And of those about the memory and the files in them. */
const CONTENTS: ReadonlySet<string> = new Set(['pages', 'verify', 'extract', 'pack']);
/** And of those about many images and hosts, and about what the answers mean. */
const FLEET: ReadonlySet<string> = new Set(['baseline', 'plan', 'affinity', 'explain']);

/**
 * Runs one command and answers its exit code (docs/output.md). Never throws.
 *
 * @param argv what follows the name of the program
 * @param process Node's `process`, or something that can stand for it
 */
export async function run(argv: readonly string[], process: NodeProcess): Promise<number> {
  // Each is a file of its own in dist/, with everything that it needs (see scripts/build.mjs): its errors are no instances of another's classes.
  const command = argv[0] ?? '';
  if (CONTENTS.has(command)) return (await import('./contents.ts')).runContents(argv, process);
  if (FLEET.has(command)) return (await import('./fleet.ts')).runFleet(argv, process);
  return LOOKING.has(command)
    ? (await import('./looking.ts')).runLooking(argv, process)
    : (await import('./checking.ts')).runChecking(argv, process);
}
