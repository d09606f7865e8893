/** Files that must not stay behind when a signal ends this process. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Until the answer is called, does `clean` when a signal is about to end this process, which it then does. SIGKILL cannot be met.
 *
 * @returns what ends this
 */
export function cleanOnSignal(clean: () => void): () => void {
  const release = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, deliver);
  };
  const deliver = (signal: NodeJS.Signals): void => {
    release();
    clean();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, deliver);
  return release;
}
