/** The command line: arguments → use case → report → exit code. */
import { type NodeProcess, type ProcessIo, processIo } from '../io/process-io.ts';
import { TOOL } from '../tool.ts';
import type { Invocation } from './invocation.ts';

/**
 * Runs one command and answers its exit code (docs/output.md). Never throws.
 *
 * @param argv what follows the name of the program
 * @param process Node's `process`, or something that can stand for it
 */
export async function run(argv: readonly string[], process: NodeProcess): Promise<number> {
  const io = processIo(process);
  try {
    if (argv[0] === '--version') {
      await io.stdout.write(`${TOOL.version}\n`);
      return 0;
    }
    const { parseArguments } = await import('./arguments.ts');
    return await perform(await parseArguments(argv, io.stdout.columns), io);
  } catch (error) {
    const { errorMessage } = await import('./error-message.ts');
    const { text, exitCode } = errorMessage(error, io.env('CKPT_DEBUG') !== undefined);
    await io.stderr.write(text);
    return exitCode;
  }
}

/** Each command loads what it needs and nothing else. */
async function perform(invocation: Invocation, io: ProcessIo): Promise<number> {
  switch (invocation.command) {
    case 'text':
      await io.stdout.write(invocation.text);
      return 0;
    case 'inspect':
      return (await import('./inspect-command.ts')).runInspect(invocation, io);
    case 'check':
      return (await import('./check-command.ts')).runCheck(invocation, io);
    case 'host show':
      return (await import('./host-command.ts')).runHostShow(invocation, io);
    case 'host capture':
      return (await import('./host-command.ts')).runHostCapture(invocation, io);
    case 'host probe':
      return (await import('./host-command.ts')).runHostProbe(invocation, io);
    case 'host diff':
      return (await import('./host-command.ts')).runHostDiff(invocation, io);
  }
}
