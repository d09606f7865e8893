/** The saved kernel as a whole, for the summary. */
import type { KernelFacts } from '../kernel/kernel-facts.ts';
import type { SavedProcess } from '../kernel/tasks/processes.ts';
import { decimalOrNull, timeOrNull } from './quantities.ts';

/** Facts of the whole kernel. Null stands for what the image does not say. */
export interface KernelDocument {
  readonly hostname: string | null;
  readonly domainname: string | null;
  /** Processes and threads that have an id, zombies included. */
  readonly processes: number;
  readonly threads: number;
  /** When the sandbox started, and the time at the checkpoint, by its realtime clock. */
  readonly bootTime: string | null;
  readonly saveTime: string | null;
  /** Monotonic clock at the checkpoint, in nanoseconds; it goes on from there after a restore. */
  readonly monotonic: string | null;
  /** From start to checkpoint, in nanoseconds of the realtime clock. */
  readonly uptime: string | null;
  readonly applicationCores: number | null;
  readonly hostCores: boolean | null;
  readonly lastPid: number | null;
  /** Names of the containers; none before 2024-04. */
  readonly containerNames: readonly string[];
  /** Control group controllers (version 1) that are mounted. */
  readonly cgroupControllers: readonly string[];
}

export function kernelDocument(facts: KernelFacts, processes: readonly SavedProcess[]): KernelDocument {
  const { realtime, monotonic, boot } = facts.clocks;
  const live = processes.filter(({ pid }) => pid !== null);
  return {
    hostname: facts.hostname,
    domainname: facts.domainname,
    processes: live.length,
    threads: live.reduce((sum, { threads }) => sum + threads.filter(({ thread }) => thread.tid !== null).length, 0),
    bootTime: timeOrNull(boot),
    saveTime: timeOrNull(realtime),
    monotonic: decimalOrNull(monotonic),
    uptime: realtime === null || boot === null || realtime < boot ? null : (realtime - boot).toString(),
    applicationCores: facts.applicationCores,
    hostCores: facts.hostCores,
    lastPid: facts.lastPid,
    containerNames: facts.containerNames,
    cgroupControllers: facts.cgroupControllers,
  };
}
