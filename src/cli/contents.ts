/** The commands about what images hold: memory and files, and the forms that images travel in. */
import { type NodeProcess, processIo } from '../io/process-io.ts';
import { type Commands, runCommand } from './run-command.ts';

const COMMANDS: Commands<'pages' | 'extract' | 'verify' | 'pack'> = {
  pages: async (invocation, io) => (await import('./pages-command.ts')).runPages(invocation, io),
  verify: async (invocation, io) => (await import('./verify-command.ts')).runVerify(invocation, io),
  pack: async (invocation, io) => (await import('./pack-command.ts')).runPack(invocation, io),
  extract: async (invocation, io) => (await import('./extract-command.ts')).runExtract(invocation, io),
};

/** Runs one of them. Never throws. */
export function runContents(argv: readonly string[], process: NodeProcess): Promise<number> {
  return runCommand(argv, processIo(process), COMMANDS);
}
