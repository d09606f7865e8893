/** What holds for the whole saved kernel: its name, its clocks, how much runs in it. */
import { mapEntries, string } from '../graph/node.ts';
import { readClocks, type SavedClocks } from './saved-clocks.ts';
import { flagIn, numberIn, type Struct, structOf } from './struct-values.ts';
import { mountedControllers } from './tasks/cgroups.ts';

export interface KernelFacts {
  /** Of the initial UTS namespace; containers of a pod share it or have their own. */
  readonly hostname: string | null;
  readonly domainname: string | null;
  readonly clocks: SavedClocks;
  /** CPUs that programs see. */
  readonly applicationCores: number | null;
  /** The programs' CPUs are those of the host. */
  readonly hostCores: boolean | null;
  /** Tasks whose goroutine had not ended. */
  readonly liveTasks: number | null;
  /** The highest thread id that was given out. */
  readonly lastPid: number | null;
  /** Names of the containers in alphabetical order; none before 2024-04. */
  readonly containerNames: readonly string[];
  /** Control group controllers of version 1 that are mounted. */
  readonly cgroupControllers: readonly string[];
}

/**
 * Reads the fields of the kernel.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/kernel/kernel.go: Kernel; threads.go: TaskSet
 */
export function readKernelFacts(kernel: Struct): KernelFacts {
  const uts = structOf(kernel.get('rootUTSNamespace'));
  const tasks = structOf(kernel.get('tasks'));
  const names = kernel.get('containerNames');
  return {
    hostname: uts.size === 0 ? null : string(uts.get('hostName') ?? null),
    domainname: uts.size === 0 ? null : string(uts.get('domainName') ?? null),
    clocks: readClocks(kernel.get('timekeeper')),
    applicationCores: numberIn(kernel, 'applicationCores'),
    hostCores: flagIn(kernel, 'useHostCores'),
    liveTasks: numberIn(tasks, 'liveTasks'),
    lastPid: numberIn(structOf(tasks.get('Root')), 'last'),
    containerNames: (names === undefined ? [] : mapEntries(names).map(({ value }) => string(value))).sort(),
    cgroupControllers: mountedControllers(kernel),
  };
}
