/** Threads that read blocks of pages, each of them in turn. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { PageMemory } from '../bytes/page-hash.ts';
import { type PageJob, type PageWork, pageWork } from '../bytes/page-work.ts';

/** Threads at most, whatever the machine has: reading feeds no more. */
export const MOST_THREADS = 16;
/** Jobs before threads are started: they need longer to start than to read so many blocks. */
const BEFORE_THREADS = 16;

/** As many threads as run at the same time here, at most 8. */
export function usualThreads(): number {
  return Math.min(8, availableParallelism());
}

/** Does the work on blocks. */
export interface PageWorkers {
  /** Does one job; those of one block never at the same time. Answers as {@link PageWork} does. */
  run(job: PageJob): Promise<number[]>;
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  /** Jobs that it has not yet answered, in order. */
  readonly waiting: {
    readonly job: PageJob;
    readonly done: (sizes: number[]) => void;
    readonly failed: (error: unknown) => void;
  }[];
}

/**
 * Work in `threads` threads; in this one for 0, in a run from source, where there is no file for a thread, and for little work.
 *
 * A thread that ends before its time leaves its jobs to this one.
 */
export function openPageWorkers(memory: PageMemory, threads: number): PageWorkers {
  const work = pageWork(memory);
  const file = new URL('./page-worker.js', import.meta.url);
  const wanted = file.protocol === 'file:' && existsSync(fileURLToPath(file)) ? Math.min(threads, MOST_THREADS) : 0;
  let running: Thread[] = [];
  let jobs = 0;
  const lose = (thread: Thread): void => {
    running = running.filter((other) => other !== thread);
    for (const { job, done, failed } of thread.waiting.splice(0)) settle(work, job, done, failed);
  };
  const start = (): Thread => {
    const worker = new Worker(file, { workerData: memory });
    const thread: Thread = { worker, waiting: [] };
    worker.on('message', (sizes: number[]) => thread.waiting.shift()?.done(sizes));
    worker.on('error', () => lose(thread));
    worker.on('exit', () => lose(thread));
    return thread;
  };
  return {
    run(job) {
      jobs++;
      if (jobs === BEFORE_THREADS) running = Array.from({ length: wanted }, start);
      const [first, ...others] = running;
      return new Promise((done, failed) => {
        if (first === undefined) return settle(work, job, done, failed);
        let thread = first;
        for (const other of others) if (other.waiting.length < thread.waiting.length) thread = other;
        thread.waiting.push({ job, done, failed });
        thread.worker.postMessage(job);
      });
    },
    async close() {
      const ending = running;
      running = [];
      await Promise.all(ending.map(({ worker }) => worker.terminate()));
    },
  };
}

function settle(work: PageWork, job: PageJob, done: (sizes: number[]) => void, failed: (error: unknown) => void): void {
  try {
    done(work(job));
  } catch (error) {
    failed(error);
  }
}
