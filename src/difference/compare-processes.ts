/** Compares the processes of two images: which one is which, and what differs of those on both sides. */
import type { ProcessDocument } from '../inspection/process-document.ts';
import { comparePairs, type Pair, pairByKey, type Sort } from './compare-lists.ts';
import type { Difference } from './difference.ts';

/** Which process of B is which of A, by process id. */
export interface ProcessPairs {
  readonly pairs: readonly Pair<ProcessDocument>[];
  /** Id on side A of a process of B; its own id when A has no such process. */
  readonly idInA: (pidOfB: number | null) => string;
}

/**
 * Pairs processes: first those with the same id, container and name, then, of what is left, those that are the same program (name and
 * arguments) in the same container. A shell that sleeps in a loop has another `sleep` each time: that is one process with another id.
 */
export function pairProcesses(a: readonly ProcessDocument[], b: readonly ProcessDocument[]): ProcessPairs {
  const first = pairByKey(live(a), live(b), ({ pid, container, name }) => JSON.stringify([pid, container, name]));
  const both = first.filter((pair) => pair.a !== null && pair.b !== null);
  const left = first.flatMap((pair) => (pair.b === null && pair.a !== null ? [pair.a] : []));
  const right = first.flatMap((pair) => (pair.a === null && pair.b !== null ? [pair.b] : []));
  const second = pairByKey(left, right, ({ container, name, argv }) => JSON.stringify([container, name, argv]));
  const pairs = [...both, ...second].sort((x, y) => idOf(x) - idOf(y));
  const ids = new Map(pairs.flatMap((pair) => (pair.b === null ? [] : [[pair.b.pid, pair.a?.pid ?? null] as const])));
  return { pairs, idInA: (pid) => (ids.get(pid) == null ? `${pid} of B` : String(ids.get(pid))) };
}

/** State components that every CPU has: whether they are in use at that moment says nothing. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(['x87', 'SSE']);

/** The differences of paired processes. */
export function compareProcesses({ pairs, idInA }: ProcessPairs): Difference[] {
  const ofB = new Set(pairs.map(({ b }) => b));
  const sort: Sort<ProcessDocument> = {
    section: 'processes',
    key: ({ pid }) => String(pid),
    subject: processName,
    shown: ({ argv }) => argv,
    // Null stands for what an image does not say, except of a parent and a terminal.
    fields: {
      pid: ({ pid }) => pid,
      parent: (process) => (process.ppid === null ? null : ofB.has(process) ? idInA(process.ppid) : String(process.ppid)),
      name: ({ name }) => name,
      container: ({ container }) => container,
      arguments: ({ argv }) => argv ?? undefined,
      executable: ({ exe }) => exe ?? undefined,
      'working directory': ({ cwd }) => cwd ?? undefined,
      root: ({ root }) => root ?? undefined,
      environment: ({ env }) => (env === null ? undefined : [...env].sort()),
      // Whether it ran or slept at that moment says nothing.
      state: ({ state }) => (state === 'R' || state === 'S' || state === 'D' ? 'alive' : (state ?? undefined)),
      threads: ({ tids }) => tids.length,
      uid: ({ uid }) => numbers(uid),
      gid: ({ gid }) => numbers(gid),
      groups: ({ groups }) => groups ?? undefined,
      'effective capabilities': ({ capabilities }) => capabilities?.effective,
      'seccomp filters': ({ seccomp }) => seccomp?.filters,
      'no new privileges': ({ noNewPrivileges }) => noNewPrivileges ?? undefined,
      nice: ({ nice }) => nice ?? undefined,
      terminal: ({ tty }) => tty,
      umask: ({ umask }) => umask ?? undefined,
      limits: ({ limits }) => limits?.map(({ name, soft, hard }) => `${name}: ${soft}, ${hard}`),
      timers: ({ timers }) => timers?.map(({ kind }) => kind).sort(),
      'floating-point state': ({ fpu }) =>
        [...new Set(fpu.flatMap(({ components }) => components))].filter((name) => !ALWAYS_THERE.has(name)).sort(),
    },
  };
  return comparePairs(pairs, sort);
}

/** `process 5 daemon-child` */
export function processName({ pid, name }: Pick<ProcessDocument, 'pid' | 'name'>): string {
  return `process ${pid} ${name}`;
}

function live(processes: readonly ProcessDocument[]): ProcessDocument[] {
  return processes.filter(({ pid }) => pid !== null);
}

function idOf({ a, b }: Pair<ProcessDocument>): number {
  return a?.pid ?? b?.pid ?? 0;
}

function numbers(ids: ProcessDocument['uid']): readonly (string | number)[] | undefined {
  return ids === null ? undefined : [ids.real, ids.effective, ids.saved].map((id) => id ?? 'unknown');
}
