/** The commands that show what is in images. */
import { type NodeProcess, processIo } from '../io/process-io.ts';
import { type Commands, runCommand } from './run-command.ts';

const COMMANDS: Commands<
  'inspect' | 'diff' | 'state dump' | 'state types' | 'state get' | 'state find' | 'state tree' | 'state schema'
> = {
  inspect: async (invocation, io) => (await import('./inspect-command.ts')).runInspect(invocation, io),
  diff: async (invocation, io) => (await import('./diff-command.ts')).runDiff(invocation, io),
  'state dump': async (invocation, io) => (await import('./state-dump-command.ts')).runStateDump(invocation, io),
  'state types': async (invocation, io) => (await import('./state-types-command.ts')).runStateTypes(invocation, io),
  'state get': async (invocation, io) => (await import('./state-get-command.ts')).runStateGet(invocation, io),
  'state find': async (invocation, io) => (await import('./state-find-command.ts')).runStateFind(invocation, io),
  'state tree': async (invocation, io) => (await import('./state-tree-command.ts')).runStateTree(invocation, io),
  'state schema': async (invocation, io) => (await import('./state-schema-command.ts')).runStateSchema(invocation, io),
};

/** Runs one of them. Never throws. */
export function runLooking(argv: readonly string[], process: NodeProcess): Promise<number> {
  return runCommand(argv, processIo(process), COMMANDS);
}
