/** How far long work has come, on a terminal. */
import type { ProcessIo } from '../io/process-io.ts';
import { byteSize } from '../report/quantities.ts';

/** The line that tells of some work. */
export interface Progress {
  /** Says how many bytes of how many are done; a total of null is not known. Costs nothing to call often. */
  update(done: number, total: number | null): void;
  /** Takes the line away. What is said after that is dropped. */
  end(): Promise<void>;
}

/** Milliseconds before anything is shown, and between two changes of what is shown. */
const QUIET = 500;
const PAUSE = 100;

/** Back to the first column, and clear to the end of the line. @see ECMA-48, 8.3.41 (EL) */
const CLEAR = '\r\x1b[K';

/**
 * Tells of work on standard error, when that is a terminal and the work lasts over half a second.
 *
 * @param label of what is done, in our own words: `scanning pages`.
 * @param clock milliseconds that only grow.
 */
export function progress(io: Pick<ProcessIo, 'stderr'>, label: string, clock = () => performance.now()): Progress {
  return progressLine(io, (done, total, milliseconds) => lineOf(label, done, total, milliseconds), clock);
}

/** The same of things that are counted: `reading images: 12 of 40`. */
export function countProgress(io: Pick<ProcessIo, 'stderr'>, label: string, clock = () => performance.now()): Progress {
  return progressLine(io, (done, total) => `${label}: ${done}${total === null ? '' : ` of ${total}`}`, clock);
}

function progressLine(
  io: Pick<ProcessIo, 'stderr'>,
  say: (done: number, total: number | null, milliseconds: number) => string,
  clock: () => number,
): Progress {
  const { stderr } = io;
  if (!stderr.isTerminal) return { update() {}, async end() {} };
  let begun = clock();
  let before = 0;
  let next = begun + QUIET;
  let shown = false;
  let ended = false;
  let writing: Promise<void> | null = null;
  const write = (text: string): void => {
    // Whoever cannot see how far the work is still gets its result.
    writing = stderr.write(text).catch(() => {});
    void writing.then(() => {
      writing = null;
    });
  };
  return {
    update(done, total) {
      if (ended || writing !== null) return;
      const now = clock();
      // Less than before: the next of several inputs.
      if (done < before) begun = now;
      before = done;
      if (now < next) return;
      next = now + PAUSE;
      shown = true;
      write(CLEAR + fitted(say(done, total, now - begun), stderr.columns));
    },
    async end() {
      if (ended) return;
      ended = true;
      await writing;
      if (shown) await stderr.write(CLEAR).catch(() => {});
    },
  };
}

function lineOf(label: string, done: number, total: number | null, milliseconds: number): string {
  const rate = milliseconds <= 0 ? 0 : Math.round((done / milliseconds) * 1000);
  const of = total === null || total <= 0 ? '' : ` of ${byteSize(total, 'short')}`;
  const percent = total === null || total <= 0 ? '' : `${Math.min(100, Math.floor((done / total) * 100))}%, `;
  return `${label}: ${percent}${byteSize(done, 'short')}${of}, ${byteSize(rate, 'short')}/s`;
}

/** A line that wraps cannot be taken away. Terminals without a size say that they have no columns. */
function fitted(line: string, columns: number | null): string {
  return columns === null || columns === 0 ? line : line.slice(0, columns - 1);
}
