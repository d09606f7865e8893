/** The package as a user gets it: complete, installable without scripts, typed, and saying its own version. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  'dependencies-because': Record<string, string>;
};

describe('package.json', () => {
  test('says of each dependency why, and pins it', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(Object.keys(manifest['dependencies-because']).sort()).toEqual(Object.keys(all).sort());
    expect(Object.values(all).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('has no package whose licence NOTICE leaves out', () => {
    const notice = readFileSync(join(root, 'NOTICE'), 'utf8');
    expect(Object.keys(manifest.dependencies).filter((name) => !new RegExp(`^  (?:.*, )?${name}\\b`, 'm').test(notice))).toEqual(
      [],
    );
  });

  test('has no script that runs at installation', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'preprepare', 'postprepare'];
    expect(hooks.filter((hook) => hook in manifest.scripts)).toEqual([]);
  });

  test('has a lock file for every platform that names no download address', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
    };
    const optional = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    const locked = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
    expect(optional.length).toBeGreaterThan(20);
    expect(optional.filter((name) => !locked.has(name))).toEqual([]);
    expect(Object.values(lock.packages).filter((entry) => entry.resolved !== undefined)).toEqual([]);
  });
});

describe('the packed package', () => {
  let dir = '';

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ckpt-package-'));
    const out = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename }] = JSON.parse(out) as [{ filename: string }];
    execFileSync('tar', ['-xzf', join(dir, filename), '-C', dir]);
    mkdirSync(join(dir, 'user', 'node_modules'), { recursive: true });
    // A copy, not a link: Node would resolve a link to the clone's own node_modules.
    cpSync(join(dir, 'package'), join(dir, 'user', 'node_modules', 'ckpt'), { recursive: true });
    writeFileSync(join(dir, 'user', 'package.json'), '{ "type": "module" }\n');
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const user = () => join(dir, 'user');

  test('holds the command, the library, types, licence and documents, and no tests', () => {
    const has = (path: string) => existsSync(join(dir, 'package', path));
    const wanted = [
      'bin/ckpt.js',
      'dist/check-reports.js',
      'dist/checking.js',
      'dist/cli.js',
      'dist/contents.js',
      'dist/fleet.js',
      'dist/index.js',
      'dist/looking.js',
      'dist/types/index.d.ts',
      'LICENSE',
      'NOTICE',
      'README.md',
      'CHANGELOG.md',
    ];
    expect([...wanted, 'docs/format.md'].filter((path) => !has(path))).toEqual([]);
    expect(['src', 'test', 'fixtures', 'scripts', '.ci', 'node_modules'].filter(has)).toEqual([]);
  });

  test('runs without any other package', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/ckpt/bin/ckpt.js', '--version'], {
      cwd: user(),
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: expect.stringContaining(manifest.version), stderr: '' });
    const help = spawnSync(process.execPath, ['node_modules/ckpt/bin/ckpt.js', '--help'], { cwd: user(), encoding: 'utf8' });
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('inspect');
    expect(help.stdout).toContain('check');
  });

  test('can be imported as a library', () => {
    const code = `import * as ckpt from 'ckpt'; console.log(JSON.stringify(Object.keys(ckpt)));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: user(), encoding: 'utf8' });
    const functions = [
      'inspect',
      'check',
      'baseline',
      'plan',
      'affinity',
      'explain',
      'hostLabels',
      'listHosts',
      'lintAnnotations',
    ];
    const names = [...functions, 'openConfig', 'applyPolicy', 'CkptError'];
    expect(JSON.parse(out)).toEqual(expect.arrayContaining(names));
  });

  test('is typed', () => {
    symlinkSync(join(root, 'node_modules', '@types'), join(user(), 'node_modules', '@types'));
    writeFileSync(
      join(user(), 'use.ts'),
      `import { CkptError, check, inspect, plan, type PlanDocument } from 'ckpt';
const wrong: number = new CkptError('empty', { layer: 'file' }, { expected: 'bytes', found: 'none' }).code;
type NotAny<T> = 0 extends 1 & T ? never : T;
const functions: [NotAny<typeof check>, NotAny<typeof inspect>] = [check, inspect];
const planned: (document: NotAny<PlanDocument>) => string = ({ schema }) => schema;
console.log(wrong, functions, plan, planned);
`,
    );
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', 'use.ts'];
    const { stdout } = spawnSync(process.execPath, [tsc, '--ignoreConfig', ...args], { cwd: user(), encoding: 'utf8' });
    // Exactly the planted mistake: so the types were found, and they are not any.
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(errors).toEqual([expect.stringMatching(/^use\.ts\(2,7\): error TS2322/)]);
  });
});

test('bin/ckpt.js in a clone that is not built says how to build it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ckpt-unbuilt-'));
  try {
    cpSync(join(root, 'bin'), join(dir, 'bin'), { recursive: true });
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }\n');
    const { status, stderr } = spawnSync(process.execPath, ['bin/ckpt.js'], { cwd: dir, encoding: 'utf8' });
    expect(status).toBe(70);
    expect(stderr).toContain('npm run build');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
