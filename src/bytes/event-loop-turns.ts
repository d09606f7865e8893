/** Turns of the event loop during long work whose every part answers at once. */

/** Milliseconds of work between two turns. */
const PAUSE = 50;

/**
 * What to wait for between parts of work: the event loop turns when it has not for a while, so that a signal that came meanwhile has its
 * effect. Files answer at once, so that without it a signal would wait for the end of them all.
 */
export function eventLoopTurns(): () => Promise<void> {
  let next = performance.now() + PAUSE;
  return async () => {
    if (performance.now() < next) return;
    await new Promise((resolve) => setImmediate(resolve));
    next = performance.now() + PAUSE;
  };
}
