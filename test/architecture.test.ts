/** The boundaries in .dependency-cruiser.cjs hold, the checker really looks, and every rule still catches what it is for. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
  forbidden: { name: string; comment?: string }[];
  options: ICruiseOptions;
};

async function cruiseAt(baseDir: string, files: string[]): Promise<ICruiseResult> {
  const { tsConfig: _, ...rest } = options;
  const { output } = await cruise(files, { ...rest, baseDir, validate: true, ruleSet: { forbidden } } as ICruiseOptions);
  if (typeof output === 'string') throw new Error(output);
  return output;
}

/** Writes a made-up project of the given files into a temporary directory. */
function project(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'ckpt-architecture-'));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, 'package.json'), readFileSync(join(root, 'package.json')));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

/** Cruises a made-up project and returns the names of the rules it breaks. */
async function violationsOf(files: Record<string, string>): Promise<string[]> {
  const dir = project(files);
  try {
    const { summary } = await cruiseAt(dir, ['src']);
    return [...new Set(summary.violations.map((violation) => violation.rule.name))].sort();
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('the code as it is', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

  test('breaks no rule, and the checker saw every file', async () => {
    const { modules, summary } = await cruiseAt(root, ['src', 'bin']);
    const seen = modules.map((module) => module.source);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    expect(sources.map((file) => `src/${file}`).filter((file) => !seen.includes(file))).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThanOrEqual(sources.length + 1);
    const imports = modules.filter((module) => module.source.startsWith('src/')).flatMap((module) => module.dependencies);
    expect(imports.length).toBeGreaterThan(sources.length);
  }, 60_000);

  test('has a comment for every rule', () => {
    expect(forbidden.filter((rule) => (rule.comment ?? '').length < 20).map((rule) => rule.name)).toEqual([]);
  });

  test('is linted so that only src/io reads process', () => {
    const code = 'export const x = [process.env.X, globalThis.process.env.X];\n';
    const dir = project({ 'src/wire/a.ts': code, 'src/cli/a.ts': code, 'src/io/a.ts': code });
    try {
      for (const file of ['biome.json', '.gitignore']) writeFileSync(join(dir, file), readFileSync(join(root, file)));
      const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
      const { stdout, stderr } = spawnSync(process.execPath, [biome, 'lint', 'src'], { cwd: dir, encoding: 'utf8' });
      const caught = [...`${stdout}${stderr}`.matchAll(/^(\S+?):\d+:\d+ lint\/correctness\/noProcessGlobal/gm)].map(
        (match) => match[1],
      );
      expect(caught.sort()).toEqual(['src/cli/a.ts', 'src/cli/a.ts', 'src/wire/a.ts', 'src/wire/a.ts']);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('has no file named for nothing in particular', () => {
    expect(sources.filter((file) => /(^|[/-])(utils?|helpers?|common|manager|misc)([.-]|$)/.test(file))).toEqual([]);
  });
});

describe('a planted violation is caught:', () => {
  const empty = 'export const x = 1;\n';
  const planted: [what: string, rule: string, files: Record<string, string>][] = [
    [
      'wire importing graph',
      'direction-wire',
      { 'src/wire/a.ts': `export { x } from '../graph/b.ts';\n`, 'src/graph/b.ts': empty },
    ],
    [
      'a type of graph in wire',
      'direction-wire',
      {
        'src/wire/a.ts': `import type { X } from '../graph/b.ts';\nexport type Y = X;\n`,
        'src/graph/b.ts': 'export type X = 1;\n',
      },
    ],
    ['cpu importing graph', 'direction-cpu', { 'src/cpu/a.ts': `export { x } from '../graph/b.ts';\n`, 'src/graph/b.ts': empty }],
    [
      'the bridge of cpu importing kernel',
      'direction-cpu-bridge',
      { 'src/cpu/feature-set-from-graph.ts': `export { x } from '../kernel/b.ts';\n`, 'src/kernel/b.ts': empty },
    ],
    [
      'restore importing a use case',
      'direction-restore',
      { 'src/restore/a.ts': `export { x } from '../check.ts';\n`, 'src/check.ts': empty },
    ],
    [
      'a use case importing report',
      'direction-use-cases',
      { 'src/check.ts': `export { x } from './report/b.ts';\n`, 'src/report/b.ts': empty },
    ],
    ['index importing cli', 'direction-index', { 'src/index.ts': `export { x } from './cli/b.ts';\n`, 'src/cli/b.ts': empty }],
    [
      'report importing a value',
      'report-is-pure',
      { 'src/report/a.ts': `export { x } from '../restore/b.ts';\n`, 'src/restore/b.ts': empty },
    ],
    ['report importing node:util', 'report-touches-nothing', { 'src/report/a.ts': `export { inspect } from 'node:util';\n` }],
    [
      'cli importing a decoder',
      'cli-through-use-cases',
      { 'src/cli/a.ts': `export { x } from '../graph/b.ts';\n`, 'src/graph/b.ts': empty },
    ],
    ['graph importing node:fs', 'door-operating-system', { 'src/graph/a.ts': `export { readFileSync } from 'node:fs';\n` }],
    ['host importing node:process', 'door-operating-system', { 'src/host/a.ts': `export { env } from 'node:process';\n` }],
    ['host importing child_process', 'door-operating-system', { 'src/host/a.ts': `export { spawn } from 'child_process';\n` }],
    ['host importing yargs', 'door-yargs', { 'src/host/a.ts': `import yargs from 'yargs';\nexport const y = yargs;\n` }],
    [
      'two files importing one package',
      'door-one-file-per-package',
      {
        'src/report/a.ts': `import Table from 'cli-table3';\nexport const t = Table;\n`,
        'src/report/b.ts': `import Table from 'cli-table3';\nexport const t = Table;\n`,
      },
    ],
    [
      'a cycle',
      'no-cycles',
      {
        'src/wire/a.ts': `import { b } from './b.ts';\nexport const a = () => b;\n`,
        'src/wire/b.ts': `import { a } from './a.ts';\nexport const b = () => a;\n`,
      },
    ],
    ['an import of nothing', 'no-unresolvable', { 'src/wire/a.ts': `export { x } from './nowhere.ts';\n` }],
  ];

  test.each(planted)('%s', async (_what, rule, files) => {
    expect(await violationsOf(files)).toContain(rule);
  });

  test('and what is allowed is not', async () => {
    const files = {
      'src/wire/a.ts': `export { x } from '../bytes/b.ts';\nexport { y } from '../errors.ts';\n`,
      'src/bytes/b.ts': empty,
      'src/errors.ts': 'export const y = 1;\n',
      'src/cpu/feature-set-from-graph.ts': `export { z } from '../graph/c.ts';\n`,
      'src/graph/c.ts': 'export const z = 1;\n',
      'src/report/d.ts': `import type { R } from '../restore/e.ts';\nimport Table from 'cli-table3';\nexport const d = (r: R) => new Table(r);\n`,
      'src/restore/e.ts': 'export interface R { head: string[] }\n',
      'src/io/f.ts': `export { readFileSync } from 'node:fs';\n`,
      'src/cli/g.ts': `export { x } from '../check.ts';\nimport yargs from 'yargs';\nexport const y = yargs;\n`,
      'src/check.ts': `export { x } from './bytes/b.ts';\n`,
    };
    expect((await violationsOf(files)).filter((rule) => rule !== 'no-dev-dependencies')).toEqual([]);
  });
});
