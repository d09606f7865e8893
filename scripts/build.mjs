/**
 * Builds dist/: cli.js (what bin/ckpt.js runs) with the parts of the command line, index.js (the library) and types/ (its declarations).
 *
 * Each part is one file with everything that it needs: Node needs longer to find and open a dozen small ones than to read this one. What
 * stands behind an `import()` is in it too, as a function that runs when it is asked for.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

/** Packages that few images need, each a file of its own in dist/: what the sources import, and the file. */
const APART = {
  'jsonc-parser': 'jsonc-parser',
  saxes: 'saxes',
  'tar-stream': 'tar-stream',
  undici: 'undici',
  yaml: 'yaml',
  'zstd-codec/lib/zstd-codec-binding-wasm.js': 'zstd-codec',
  'zstddec/stream': 'zstddec',
};
/** Where its main file cannot be bundled: it asks for its parts by names that are not known before it runs. */
const MAIN_FILES = { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' };
/** Each knows no class of another, so that nothing is there twice that has to be the same. */
const PARTS = {
  checking: 'src/cli/checking.ts',
  looking: 'src/cli/looking.ts',
  contents: 'src/cli/contents.ts',
  fleet: 'src/cli/fleet.ts',
  'check-reports': 'src/cli/check-reports.ts',
};
const entryPoints = {
  cli: 'src/cli/main.ts',
  ...PARTS,
  index: 'src/index.ts',
  'page-worker': 'src/io/page-worker.ts',
  'qemu-models': 'src/host/models/qemu-models.json',
  'schema-history': 'src/kernel/types/schema-history.json',
};
const missing = Object.values(entryPoints).filter((file) => !existsSync(file));
if (missing.length > 0) {
  console.error(`Cannot build: ${missing.join(' and ')} missing.`);
  process.exit(1);
}

/** @type {import('esbuild').BuildOptions} */
const shared = {
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'inline',
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: Object.fromEntries(Object.entries(APART).map(([name, file]) => [file, MAIN_FILES[name] ?? name])),
  // Emscripten asks where its file lies, to load the WebAssembly from there; that is inside the file.
  define: { __dirname: '"."' },
  // Classes of theirs extend what `require('events')` gives, which the namespace of an import is not.
  banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
});
await build({
  ...shared,
  entryPoints,
  plugins: [
    importNodeModules(),
    keepPackagesApart(),
    keepDataApart(),
    keepPartsApart(),
    loadWhenCalled(/^(cliui|string-width)$/, /yargs.lib.platform-shims/),
  ],
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

/**
 * Makes `import('….json')` an import of a file of its own: one image in many needs the data, and they are as large as the rest.
 *
 * That file is a module like any other, imported without `with { type: 'json' }`, of which Node 20 would warn.
 */
function keepDataApart() {
  return {
    name: 'keep-data-apart',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /\.json$/ }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path: `./${basename(path, '.json')}.js`, namespace: 'data-apart' } : undefined,
      );
      pluginBuild.onLoad({ filter: /.*/, namespace: 'data-apart' }, ({ path }) => ({
        contents: `const data = await import(${JSON.stringify(path)}); export default data.default;`,
      }));
      pluginBuild.onResolve({ filter: /.*/, namespace: 'data-apart' }, ({ path }) => ({ path, external: true }));
    },
  };
}

/**
 * Makes the import of a package an import of its file in dist/, when the module that imports it runs: one that stands behind an `import()`
 * in the sources runs when it is asked for. None of them knows a class of ours, so that nothing is there twice.
 */
function keepPackagesApart() {
  return {
    name: 'keep-packages-apart',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^[a-z]/ }, ({ path }) =>
        Object.hasOwn(APART, path) ? { path, namespace: 'package-apart' } : undefined,
      );
      pluginBuild.onLoad({ filter: /.*/, namespace: 'package-apart' }, async ({ path }) => {
        const names = Object.keys(await import(path)).filter((name) => /^[A-Za-z]\w*$/.test(name) && name !== 'default');
        const exported = names.length === 0 ? '' : `export const { ${names.join(', ')} } = apart;`;
        const file = JSON.stringify(`./${APART[path]}.js`);
        return {
          contents: `const all = await import(${file}); const apart = all.default ?? all; export default apart; ${exported}`,
          resolveDir: root,
        };
      });
      pluginBuild.onResolve({ filter: /.*/, namespace: 'package-apart' }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** Makes `import('./looking.ts')` of a part an import of its file. */
function keepPartsApart() {
  return {
    name: 'keep-parts-apart',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^[.][/][\w-]+[.]ts$/ }, ({ path, kind }) => {
        const name = basename(path, '.ts');
        return kind === 'dynamic-import' && Object.hasOwn(PARTS, name) ? { path: `./${name}.js`, external: true } : undefined;
      });
    },
  };
}

/**
 * Runs the code of packages that give one function as their default when that is first called, not when the bundle is loaded.
 *
 * yargs imports what lays out its help. These packages prepare the segmentation of Unicode text as they load, which takes longer
 * than everything else that yargs does in a run without `--help`.
 */
function loadWhenCalled(packages, importers) {
  let seen = 0;
  return {
    name: 'load-when-called',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: packages }, ({ path, importer, resolveDir }) => {
        if (!importers.test(importer)) return undefined;
        seen++;
        return { path, namespace: 'when-called', pluginData: resolveDir };
      });
      pluginBuild.onLoad({ filter: /.*/, namespace: 'when-called' }, ({ path, pluginData }) => ({
        contents: `export default (...args) => require(${JSON.stringify(path)}).default(...args);`,
        resolveDir: pluginData,
      }));
      pluginBuild.onEnd(() =>
        seen > 0 ? undefined : { errors: [{ text: `nothing that matches ${importers} imports ${packages}` }] },
      );
    },
  };
}
