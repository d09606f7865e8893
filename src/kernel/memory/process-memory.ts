/** Which process has which address space. */
import { fieldAt, type Node, objectNode } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { identityOf } from '../files/dentry.ts';
import type { SavedKernel } from '../saved-kernel.ts';
import type { SavedThread } from '../threads.ts';
import { type AddressSpace, readAddressSpace } from './address-space.ts';

/** A process and its memory. */
export interface ProcessMemory {
  /** Process id in the root PID namespace. */
  readonly pid: number;
  readonly name: string;
  readonly container: string;
  /** Null for a process that has let go of it: a zombie. */
  readonly space: AddressSpace | null;
}

/**
 * The memory of every process that has an id, by id. Processes that share an address space (vfork) have the same object.
 *
 * @see gVisor pkg/sentry/kernel: Task.image.MemoryManager.
 */
export function readProcessMemory({ graph, threads }: SavedKernel, onDamage: OnDamage): ProcessMemory[] {
  const spaces = new Map<number, AddressSpace | null>();
  const spaceOf = (task: Node): AddressSpace | null => {
    const manager = fieldAt(task, 'image', 'MemoryManager');
    if (manager === null) return null;
    const identity = identityOf(manager);
    const before = spaces.get(identity);
    if (before !== undefined) return before;
    const space = attempt(() => readAddressSpace(manager), onDamage);
    spaces.set(identity, space);
    return space;
  };
  const byProcess = new Map<number, SavedThread[]>();
  for (const thread of threads) {
    if (thread.pid === null || thread.tid === null) continue;
    const others = byProcess.get(thread.pid);
    if (others === undefined) byProcess.set(thread.pid, [thread]);
    else others.push(thread);
  }
  const processes: ProcessMemory[] = [];
  for (const [pid, members] of byProcess) {
    const leader = members.find(({ tid }) => tid === pid) ?? members[0];
    if (leader === undefined) continue;
    let space: AddressSpace | null = null;
    // A leader that has ended leaves the memory to the other threads.
    for (const thread of new Set([leader, ...members])) {
      const task = objectNode(graph, thread.objectId);
      const found = attempt(() => ({ space: spaceOf(task) }), onDamage);
      if (found?.space === null) continue;
      space = found?.space ?? null;
      break;
    }
    processes.push({ pid, name: leader.name, container: leader.containerName ?? leader.containerId, space });
  }
  return processes.sort((a, b) => a.pid - b.pid);
}
