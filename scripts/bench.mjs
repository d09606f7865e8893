/** `npm run bench [-- --json] [-- --runs N] [-- --only start,index,pages,dump,scan,archives,plan]`: bundles the benchmarks, which are TypeScript, and runs them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// Inside node_modules, so that the bundle finds the packages.
const bundle = resolve('node_modules/.cache/ckpt-bench.mjs');
const directory = mkdtempSync(join(tmpdir(), 'ckpt-bench-'));
try {
  await build({
    entryPoints: ['test/bench/main.ts'],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  const { runBenchmarks } = await import(pathToFileURL(bundle).href);
  process.exitCode = await runBenchmarks(process.argv.slice(2), directory);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
