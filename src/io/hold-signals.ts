/** Signals that have to wait a moment. */

const HELD = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something short during which a signal that would end this process waits, so that what is cleaned up at the end really is.
 *
 * A signal that came meanwhile takes its usual effect as soon as the event loop turns. SIGKILL cannot be held.
 */
export function holdSignals<T>(action: () => T): T {
  const release = (): void => {
    for (const signal of HELD) process.removeListener(signal, deliver);
  };
  const deliver = (signal: NodeJS.Signals): void => {
    release();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of HELD) process.on(signal, deliver);
  try {
    return action();
  } finally {
    setImmediate(release);
  }
}
