/**
 * Builds dist/: cli.js (what bin/ckpt.js runs), index.js (the library) and types/ (its declarations).
 *
 * Code shared by the two entries, and everything behind an `import()`, lands in chunks of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const entryPoints = { cli: 'src/cli/main.ts', index: 'src/index.ts' };
const missing = Object.values(entryPoints).filter((file) => !existsSync(file));
if (missing.length > 0) {
  console.error(`Cannot build: ${missing.join(' and ')} missing.`);
  process.exit(1);
}

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints,
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'inline',
  logLevel: 'warning',
  plugins: [importNodeModules()],
});

const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const types = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { stdio: 'inherit' });
process.exitCode = types.status ?? 1;

/**
 * Turns `require('os')` of a bundled CommonJS package into an import.
 *
 * An ES module has no `require`, and a shim of that name would collide with the `const require = createRequire(…)` that other
 * packages declare for themselves.
 */
function importNodeModules() {
  const names = new Set(builtinModules);
  return {
    name: 'import-node-modules',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^[a-z:/_]+$/ }, ({ path, kind }) => {
        const name = path.replace(/^node:/, '');
        return kind === 'require-call' && names.has(name) ? { path: name, namespace: 'node-module' } : undefined;
      });
      pluginBuild.onLoad({ filter: /.*/, namespace: 'node-module' }, ({ path }) => ({
        contents: `export * from 'node:${path}';`,
      }));
    },
  };
}
