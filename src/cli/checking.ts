/** The commands about restores and hosts. */
import { type NodeProcess, processIo } from '../io/process-io.ts';
import { type Commands, runCommand } from './run-command.ts';

const COMMANDS: Commands<'check' | 'host show' | 'host capture' | 'host probe' | 'host diff' | 'host labels' | 'host list'> = {
  check: async (invocation, io) => (await import('./check-command.ts')).runCheck(invocation, io),
  'host show': async (invocation, io) => (await import('./host-command.ts')).runHostShow(invocation, io),
  'host capture': async (invocation, io) => (await import('./host-command.ts')).runHostCapture(invocation, io),
  'host probe': async (invocation, io) => (await import('./host-command.ts')).runHostProbe(invocation, io),
  'host list': async (invocation, io) => (await import('./host-list-command.ts')).runHostList(invocation, io),
  'host labels': async (invocation, io) => (await import('./host-labels-command.ts')).runHostLabels(invocation, io),
  'host diff': async (invocation, io) => (await import('./host-command.ts')).runHostDiff(invocation, io),
};

/** Runs one of them, or answers what is no command at all. Never throws. */
export function runChecking(argv: readonly string[], process: NodeProcess): Promise<number> {
  return runCommand(argv, processIo(process), COMMANDS);
}
