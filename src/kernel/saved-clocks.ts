/** What the clocks showed when the image was saved. */
import type { Node } from '../graph/node.ts';
import { integerIn, structOf } from './struct-values.ts';

/** Nanoseconds; null for what is not saved. */
export interface SavedClocks {
  /** Since the epoch. */
  readonly realtime: bigint | null;
  /** Since the sandbox started. */
  readonly monotonic: bigint | null;
  /** When the sandbox started, by the realtime clock. */
  readonly boot: bigint | null;
}

/**
 * Reads Kernel.timekeeper.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/kernel/timekeeper.go, timekeeper_state.go: beforeSave
 */
export function readClocks(timekeeper: Node | undefined): SavedClocks {
  const saved = structOf(timekeeper);
  return {
    realtime: integerIn(saved, 'saveRealtime'),
    monotonic: integerIn(saved, 'saveMonotonic'),
    boot: integerIn(structOf(saved.get('bootTime')), 'ns'),
  };
}
