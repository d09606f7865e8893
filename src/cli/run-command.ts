/** One run: arguments → command → exit code. */
import type { ProcessIo } from '../io/process-io.ts';
import { TOOL } from '../tool.ts';
import type { Invocation } from './invocation.ts';

/** Commands by name. Each loads what it needs and nothing else. */
export type Commands<Name extends Invocation['command']> = {
  readonly [N in Name]: (invocation: Extract<Invocation, { readonly command: N }>, io: ProcessIo) => Promise<number>;
};

/** Runs the command that the arguments name; errors become words on standard error. Never throws. */
export async function runCommand<Name extends Invocation['command']>(
  argv: readonly string[],
  io: ProcessIo,
  commands: Commands<Name>,
): Promise<number> {
  try {
    if (argv[0] === '--version') {
      await io.stdout.write(`${TOOL.version}\n`);
      return 0;
    }
    const { parseArguments } = await import('./arguments.ts');
    const invocation = await parseArguments(argv, io.stdout.columns);
    if (invocation.command === 'text') {
      await io.stdout.write(invocation.text);
      return 0;
    }
    const command = commands[invocation.command as Name] as
      | ((invocation: Invocation, io: ProcessIo) => Promise<number>)
      | undefined;
    if (command === undefined) throw new Error(`no part of the command line runs ${invocation.command}`);
    return await command(invocation, io);
  } catch (error) {
    const { errorMessage } = await import('./error-message.ts');
    const { text, exitCode } = errorMessage(error, io.env('CKPT_DEBUG') !== undefined);
    await io.stderr.write(text);
    return exitCode;
  }
}
