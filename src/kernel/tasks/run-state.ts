/** What a task was doing when it was saved. */
import { fieldAt, follow, integer, type Node, readNode } from '../../graph/node.ts';
import { dynamicType } from '../files/dentry.ts';
import { flagIn, numberIn, type Struct, structOf } from '../struct-values.ts';
import type { SavedRegisters } from './registers.ts';
import { syscallName } from './syscall-names.ts';

/**
 * State letter of /proc/PID/stat: running, sleeping, waiting uninterruptibly, stopped by a signal, stopped by a tracer, zombie, dead.
 */
export type StateLetter = 'R' | 'S' | 'D' | 'T' | 't' | 'Z' | 'X';

/** How a task or process ended: with a code or by a signal. */
export interface SavedExit {
  readonly code: number | null;
  readonly signal: number | null;
  readonly coreDumped: boolean;
}

/** A system call that the checkpoint interrupted; it is made again, or answers EINTR, after a restore. */
export interface InterruptedCall {
  readonly number: number;
  readonly name: string | null;
}

export interface RunState {
  readonly letter: StateLetter;
  /** Name of gVisor's Go type of the state that the task goes on from: `runApp`; null for a task that does not run again. */
  readonly goType: string | null;
  /** Null unless the task waited in a system call. */
  readonly call: InterruptedCall | null;
  /** Null while it has not begun to exit. */
  readonly exit: SavedExit | null;
}

/** gVisor's TaskExitState. @see gVisor pkg/sentry/kernel/task_exit.go */
const EXIT = { initiated: 1, zombie: 2, dead: 3 } as const;

/**
 * Results of a call that was interrupted: EINTR, and the kernel's own ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND and
 * ERESTART_RESTARTBLOCK, which no program sees.
 *
 * @see Linux include/linux/errno.h; gVisor pkg/errors/linuxerr/internal.go
 */
const INTERRUPTED: readonly bigint[] = [4n, 512n, 513n, 514n, 516n];

/**
 * The state of a task.
 *
 * gVisor stops every task before it saves, so that the state it had is not saved as such: a task that waited is one whose system call
 * was interrupted by that stop.
 *
 * @param registers as saved, or null.
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/kernel: Task.StateStatus, runApp.execute, task_stop.go
 */
export function readRunState(task: Struct, registers: SavedRegisters | null): RunState {
  const runState = task.get('runState');
  const type = runState === undefined ? null : dynamicType(runState);
  const call = registers === null || flagIn(task, 'haveSyscallReturn') !== true ? null : interruptedCall(registers);
  const exitState = numberIn(task, 'exitState') ?? 0;
  return {
    letter: letterOf(task, exitState, call !== null),
    goType: type === null ? null : type.slice(type.lastIndexOf('.') + 1),
    call,
    exit: exitState >= EXIT.initiated ? readExit(task.get('exitStatus')) : null,
  };
}

function letterOf(task: Struct, exitState: number, waited: boolean): StateLetter {
  if (exitState === EXIT.dead) return 'X';
  if (exitState === EXIT.zombie) return 'Z';
  const stop = task.get('stop');
  const stopped = stop === undefined ? null : stopType(stop);
  if (stopped !== null) return stopped.endsWith('.groupStop') ? 'T' : stopped.endsWith('.ptraceStop') ? 't' : 'D';
  return waited ? 'S' : 'R';
}

/** The type of a stop; some are nil pointers of their type inside the interface. */
function stopType(stop: Node): string | null {
  return readNode(stop).kind === 'interface' ? dynamicType(stop) : null;
}

/** The call that a task was interrupted in, or null when its last call came to an end. */
function interruptedCall({ arch, values }: SavedRegisters): InterruptedCall | null {
  const result = values.get(arch === 'amd64' ? 'rax' : 'x0') ?? 0n;
  if (!INTERRUPTED.includes(-BigInt.asIntN(64, result))) return null;
  const number = Number(BigInt.asIntN(64, values.get(arch === 'amd64' ? 'orig_rax' : 'x8') ?? 0n));
  return { number, name: syscallName(arch, number) };
}

/**
 * How a task or thread group ended, from its field exitStatus.
 *
 * @see gVisor pkg/abi/linux/wait.go: WaitStatus; before release-20210712.0 a struct of code and signal.
 */
export function readExit(node: Node | undefined): SavedExit {
  const target = node === undefined ? null : follow(node);
  if (target !== null && readNode(target).kind === 'struct' && fieldAt(target, 'Signo') !== null) {
    const status = structOf(target);
    const signal = numberIn(status, 'Signo') ?? 0;
    return { code: signal === 0 ? (numberIn(status, 'Code') ?? 0) & 0xff : null, signal: signal || null, coreDumped: false };
  }
  const status = Number(BigInt.asUintN(32, integer(target)));
  const signal = status & 0x7f;
  return {
    code: signal === 0 ? (status >> 8) & 0xff : null,
    signal: signal === 0 ? null : signal,
    coreDumped: (status & 0x80) !== 0,
  };
}
