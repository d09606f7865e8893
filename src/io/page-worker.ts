/** A thread that reads blocks of pages: a file of its own in dist/. */
import { parentPort, workerData } from 'node:worker_threads';
import type { PageMemory } from '../bytes/page-hash.ts';
import { type PageJob, pageWork } from '../bytes/page-work.ts';

const work = pageWork(workerData as PageMemory);
parentPort?.on('message', (job: PageJob) => parentPort?.postMessage(work(job)));
