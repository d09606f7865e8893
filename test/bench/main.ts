/** The benchmarks behind `npm run bench`. They state what they measured and judge nothing. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureArchives } from './archives.ts';
import { measureColdStart } from './cold-start.ts';
import { measureDump } from './dump.ts';
import { measureIndexing } from './index-graph.ts';
import { measurePlan, planText } from './plan.ts';
import { archivesText, coldStartText, dumpingText, indexingText, pageScanningText, sparsePagesText } from './report.ts';
import { measurePageScanning } from './scan-pages.ts';
import { measureSparsePages } from './sparse-pages.ts';

const PARTS = ['start', 'index', 'pages', 'dump', 'scan', 'archives', 'plan'] as const;
type Part = (typeof PARTS)[number];

const PAGES_GIBIBYTES = 8;
const SCANNED_GIBIBYTES = 4;
const SCANS = 7;
const EXPANDED_MEBIBYTES = 1024;
const PIPED_GIBIBYTES = 4;
const EXPANSIONS = 5;
const PLANS = 3;

/** Runs what the arguments name, all by default, with `directory` for temporary files, and returns the exit code. */
export async function runBenchmarks(argv: readonly string[], directory: string): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '25' }, only: { type: 'string' } },
  });
  const runs = Number(values.runs);
  const parts = values.only?.split(',') ?? PARTS;
  const unknown = parts.filter((part) => !PARTS.some((known) => known === part));
  if (!Number.isInteger(runs) || runs < 1 || unknown.length > 0) {
    console.error(`npm run bench -- [--json] [--runs N] [--only ${PARTS.join(',')}]`);
    return 2;
  }
  const wanted = (part: Part): boolean => parts.includes(part);
  const machine = { node: process.version, platform: `${process.platform} ${process.arch}`, cpu: cpus()[0]?.model ?? 'unknown' };
  const document = {
    machine: { ...machine, cpus: cpus().length },
    start: wanted('start') ? await measureColdStart(directory, runs) : null,
    index: wanted('index') ? await measureIndexing(runs) : null,
    dump: wanted('dump') ? await measureDump(directory, runs) : null,
    pages: wanted('pages') ? await measureSparsePages(directory, PAGES_GIBIBYTES) : null,
    scan: wanted('scan') ? await measurePageScanning(directory, SCANNED_GIBIBYTES, Math.min(runs, SCANS)) : null,
    archives: wanted('archives')
      ? await measureArchives(directory, EXPANDED_MEBIBYTES, PIPED_GIBIBYTES, Math.min(runs, EXPANSIONS))
      : null,
    plan: wanted('plan') ? measurePlan(Math.min(runs, PLANS)) : null,
  };
  if (values.json) {
    console.log(JSON.stringify(document, null, 2));
    return 0;
  }
  console.log(`Node ${machine.node}, ${machine.platform}, ${cpus().length} × ${machine.cpu}\n`);
  if (document.start !== null) console.log(coldStartText(document.start));
  if (document.index !== null) console.log(indexingText(document.index));
  if (document.dump !== null) console.log(dumpingText(document.dump));
  if (document.pages !== null) console.log(sparsePagesText(document.pages));
  if (document.scan !== null) console.log(pageScanningText(document.scan));
  if (document.archives !== null) console.log(archivesText(document.archives));
  if (document.plan !== null) console.log(planText(document.plan));
  return 0;
}
