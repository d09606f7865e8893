/** The commands about many images and hosts, and about what the answers mean. */
import { type NodeProcess, processIo } from '../io/process-io.ts';
import { type Commands, runCommand } from './run-command.ts';

const COMMANDS: Commands<'affinity' | 'baseline' | 'explain' | 'plan'> = {
  affinity: async (invocation, io) => (await import('./affinity-command.ts')).runAffinity(invocation, io),
  baseline: async (invocation, io) => (await import('./baseline-command.ts')).runBaseline(invocation, io),
  explain: async (invocation, io) => (await import('./explain-command.ts')).runExplain(invocation, io),
  plan: async (invocation, io) => (await import('./plan-command.ts')).runPlan(invocation, io),
};

/** Runs one of them. Never throws. */
export function runFleet(argv: readonly string[], process: NodeProcess): Promise<number> {
  return runCommand(argv, processIo(process), COMMANDS);
}
