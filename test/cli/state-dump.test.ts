import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BIN, ckpt, ROOT, ZEN5 } from './run-ckpt.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-state-dump-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('state dump', () => {
  test('prints text, and a page of it, to standard output or a file', () => {
    const { stdout, stderr, code } = ckpt(['state', 'dump', ZEN5]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.startsWith('g0t1 = type pkg/cpuid.FeatureSet {\n\t0: Function,\n')).toBe(true);
    expect(stdout).toContain('\ng0r1 = struct[g0t1=pkg/sentry/kernel.Kernel]{\n');
    const file = join(dir, 'state.txt');
    expect(ckpt(['state', 'dump', ZEN5, '-o', file])).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(readFileSync(file, 'utf8') === stdout).toBe(true);
    const page = ckpt(['state', 'dump', '--html', ZEN5]).stdout;
    expect(page.startsWith('<html><body>\n<pre>')).toBe(true);
    expect(page.endsWith('</pre></body></html>\n')).toBe(true);
  });

  test('reads standard input', () => {
    const input = readFileSync(join(ROOT, ZEN5));
    expect(ckpt(['state', 'dump', '-'], { input }).stdout === ckpt(['state', 'dump', ZEN5]).stdout).toBe(true);
  });

  test('shows what can be read of a damaged image, and what is wrong with it', () => {
    const cut = join(dir, 'cut.state');
    copyFileSync(join(ROOT, ZEN5), cut);
    truncateSync(cut, 60_000);
    const { stdout, stderr, code } = ckpt(['state', 'dump', cut]);
    expect(code).toBe(3);
    expect(stdout).toContain('\ng0t1 = type pkg/sentry/kernel.Kernel {\n');
    expect(stdout.endsWith('\n')).toBe(true);
    expect(stderr).toMatch(/^ckpt: .*cut\.state: expected the rest of the kernel graph, found the end of the data/);
  });

  test('neither writes over its image, nor leaves a file when there is no image', () => {
    const own = join(dir, 'own.state');
    copyFileSync(join(ROOT, ZEN5), own);
    const size = readFileSync(own).length;
    const refused = ckpt(['state', 'dump', own, '-o', own]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('is what is read, and cannot be written at the same time');
    expect(readFileSync(own)).toHaveLength(size);
    expect(ckpt(['state', 'dump', join(dir, 'missing'), '-o', join(dir, 'none.txt')]).code).toBe(3);
    expect(() => readFileSync(join(dir, 'none.txt'))).toThrow(/ENOENT/);
    expect(ckpt(['state', 'dump', ZEN5, '-o', join(dir, 'no/such/place')]).code).toBe(2);
  });

  test('a reader that goes away is success', async () => {
    const child = spawn(process.execPath, [BIN, 'state', 'dump', ZEN5], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });

  test.each([[['state', 'dump']], [['state', 'dump', 'a', 'b']], [['state', 'dump', ZEN5, '--format', 'json']]])(
    '%j is wrong usage',
    (args) => {
      expect(ckpt(args).code).toBe(2);
    },
  );
});
