/** Signals: what is pending, blocked, ignored and caught. */
import { integer, type Node } from '../../graph/node.ts';
import { type ElementBudget, elementsWithin, entriesWithin } from '../element-budget.ts';
import { numberIn, structOf, unsignedIn } from '../struct-values.ts';

/** A queued signal. */
export interface PendingSignal {
  readonly signal: number;
  /** siginfo's si_code: 0 for kill, -6 for tkill, … */
  readonly code: number;
}

/** Masks have bit n-1 set for signal n. */
export interface SavedSignalActions {
  readonly ignored: bigint;
  readonly caught: bigint;
  /** Those of the caught signals, by signal number. */
  readonly actions: readonly SignalAction[];
}

export interface SignalAction {
  readonly signal: number;
  /** Address of the handler. */
  readonly handler: bigint;
  /** SA_… flags. */
  readonly flags: bigint;
  /** Signals blocked while the handler runs. */
  readonly mask: bigint;
}

/** An alternate signal stack. */
export interface SignalStack {
  readonly address: bigint;
  readonly size: bigint;
}

const SIG_DFL = 0n;
const SIG_IGN = 1n;
const SS_DISABLE = 2n;
const HIGHEST_SIGNAL = 64;

/**
 * Signals that wait for a task or a thread group, in the order of their numbers.
 *
 * @param node a pendingSignals: Task.pendingSignals or ThreadGroup.pendingSignals.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/kernel/pending_signals_state.go
 */
export function readPendingSignals(node: Node | undefined, budget: ElementBudget): PendingSignal[] {
  const pending: PendingSignal[] = [];
  for (const saved of elementsWithin(structOf(node).get('signals'), budget)) {
    const info = structOf(structOf(saved).get('si'));
    pending.push({ signal: numberIn(info, 'Signo') ?? 0, code: numberIn(info, 'Code') ?? 0 });
  }
  return pending.sort((a, b) => a.signal - b.signal);
}

/** The mask of pending signals. */
export function maskOf(pending: readonly PendingSignal[]): bigint {
  let mask = 0n;
  for (const { signal } of pending) if (isSignal(signal)) mask |= 1n << BigInt(signal - 1);
  return mask;
}

/**
 * What a thread group does with each signal.
 *
 * @param node ThreadGroup.signalHandlers; nil for a dead one.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/kernel/signal_handlers.go; signals without an entry have the default action.
 */
export function readSignalActions(node: Node | undefined, budget: ElementBudget): SavedSignalActions {
  const actions: SignalAction[] = [];
  let ignored = 0n;
  let caught = 0n;
  for (const { key, value } of entriesWithin(structOf(node).get('actions'), budget)) {
    const signal = Number(integer(key));
    if (!isSignal(signal)) continue;
    const action = structOf(value);
    const handler = unsignedIn(action, 'Handler');
    if (handler === SIG_DFL) continue;
    const bit = 1n << BigInt(signal - 1);
    if (handler === SIG_IGN) {
      ignored |= bit;
      continue;
    }
    caught |= bit;
    actions.push({ signal, handler, flags: unsignedIn(action, 'Flags'), mask: unsignedIn(action, 'Mask') });
  }
  return { ignored, caught, actions: actions.sort((a, b) => a.signal - b.signal) };
}

/** The alternate signal stack of Task.signalStack, or null when it has none. */
export function readSignalStack(node: Node | undefined): SignalStack | null {
  const stack = structOf(node);
  if (stack.size === 0 || (unsignedIn(stack, 'Flags') & SS_DISABLE) !== 0n) return null;
  return { address: unsignedIn(stack, 'Addr'), size: unsignedIn(stack, 'Size') };
}

function isSignal(signal: number): boolean {
  return signal >= 1 && signal <= HIGHEST_SIGNAL;
}
