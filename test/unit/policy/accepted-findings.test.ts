import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptFindings, applyPolicy, openConfig } from '../../../src/config.ts';
import type { CheckDocument, CheckError, CheckResult } from '../../../src/restore/result.ts';

let dir = '';
const start = process.cwd();
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-accepted-'));
  process.chdir(dir);
});
afterAll(() => {
  process.chdir(start);
  rmSync(dir, { recursive: true });
});

function pair(path: string, host: string, ...codes: readonly string[]): CheckResult {
  const reasons = codes.map((code) => ({ code, order: 1, message: 'no', details: {} }));
  const gates = codes.length === 0 ? [] : [{ id: 'gpu', outcome: 'fail', reasons }];
  return { image: { path }, host: { name: host }, verdict: 'blocked', gates } as unknown as CheckResult;
}

function checked(results: readonly CheckResult[], errors: readonly CheckError[] = []): CheckDocument {
  return { schema: 'ckpt/check@1', tool: { name: 'ckpt', version: '0' }, verdict: 'blocked', results, errors };
}

/** What the file holds after `--baseline-write`, one line each. */
function written(document: CheckDocument, config: Awaited<ReturnType<typeof openConfig>> = null): string[] {
  const options = { config, baseline: 'b.json', today: '2026-11-23' };
  writeFileSync('b.json', JSON.stringify(acceptFindings(applyPolicy(document, options), options)));
  const { findings } = JSON.parse(readFileSync('b.json', 'utf8')) as { findings: readonly Record<string, string>[] };
  return findings.map(({ image, host, code }) => `${image} ${host} ${code}`);
}

it('keeps what it does not know of, and loses what is gone', () => {
  written(checked([pair('b', 'h', 'CKPT1371', 'CKPT1372'), pair('a', 'h', 'CKPT1371'), pair('a', 'i', 'CKPT1371')]));
  // One image of them on one host; one of its findings is gone, and the file stays in order.
  expect(written(checked([pair('b', 'h', 'CKPT1372', 'CKPT1373')]))).toEqual([
    'a h CKPT1371',
    'a i CKPT1371',
    'b h CKPT1372',
    'b h CKPT1373',
  ]);
  expect(written(checked([pair('a', 'h')]))).toEqual(['a i CKPT1371', 'b h CKPT1372', 'b h CKPT1373']);
  const note = applyPolicy(checked([pair('b', 'h', 'CKPT1372')]), { config: null, baseline: 'b.json' }).policy?.notes;
  expect(note).toEqual(['1 accepted finding is gone: --baseline-write removes them from the file']);
});

it('neither forgets nor accepts anything of an image that could not be read to its end', () => {
  written(checked([pair('a', 'i'), pair('b', 'h', 'CKPT1372', 'CKPT1373')]));
  const damaged = checked([pair('b', 'h', 'CKPT1008')], [{ image: 'b', code: 'truncated', message: '', layer: 'file' }]);
  expect(written(damaged)).toEqual(['b h CKPT1372', 'b h CKPT1373']);
});

it('does not renew a waiver that has expired', async () => {
  rmSync('b.json', { force: true });
  writeFileSync('ckpt.yaml', 'waivers: [{id: w, code: CKPT1371, reason: x, expires: 2020-01-01}]\n');
  const config = await openConfig({ file: 'ckpt.yaml' });
  expect(written(checked([pair('a', 'h', 'CKPT1371', 'CKPT1372')]), config)).toEqual(['a h CKPT1372']);
});

it('names images and hosts as seen from the configuration', async () => {
  rmSync('b.json', { force: true });
  writeFileSync('ckpt.yaml', '');
  const config = await openConfig({ file: 'ckpt.yaml' });
  if (config === null) throw new Error('no configuration');
  const from = { ...config, directory: join(process.cwd(), '..') };
  const way = process.cwd().split('/').at(-1);
  expect(written(checked([pair('a', '../hosts/x', 'CKPT1372')]), from)).toEqual([`${way}/a hosts/x CKPT1372`]);
});
