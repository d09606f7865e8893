/** Every measured answer in fixtures/expected.json, from each description of the host. Needs nothing but the clone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { check } from '../../src/check.ts';
import type { CheckResult } from '../../src/restore/result.ts';

interface Expected {
  readonly image: string;
  readonly host: string;
  readonly runsc: string;
  readonly verdict: 'restorable' | 'blocked';
  readonly firstFailure: string | null;
  readonly missingFeatures: readonly string[];
  readonly runscError: string | null;
  readonly unknowable: readonly string[];
}

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const rows = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Expected[];

async function answer(row: Expected, hostFile: string): Promise<CheckResult> {
  const document = await check({
    images: [join(fixtures, 'images', row.image)],
    hosts: [join(fixtures, 'hosts', row.host, hostFile)],
    runscVersion: row.runsc,
  });
  expect(document.errors).toEqual([]);
  const [result] = document.results;
  if (result === undefined || document.results.length !== 1) throw new Error('expected one result');
  return result;
}

const name = (row: Expected) => `${row.image} on ${row.host} by ${row.runsc}: ${row.firstFailure ?? row.verdict}`;
/** On arm64, /proc/cpuinfo is as exact as it gets. */
const exactFile = (row: Expected) => (row.host.includes('arm64') ? 'cpuinfo.txt' : 'cpuid.txt');

describe('exact evidence gives the answer of the real runsc:', () => {
  test.each(rows.map((row) => [name(row), row] as const))('%s', async (_name, row) => {
    const result = await answer(row, exactFile(row));
    if (row.unknowable.length > 0) {
      expect(result.missingFeatures.filter((feature) => row.unknowable.includes(feature))).toEqual([]);
      expect(result.missingFeatures).toEqual(row.missingFeatures.filter((feature) => !row.unknowable.includes(feature)));
      if (result.verdict !== 'unknown') expect(result.verdict).toBe(row.verdict);
      return;
    }
    expect({
      verdict: result.verdict,
      firstFailure: result.firstFailure,
      missingFeatures: result.missingFeatures,
      runscError: result.runscError,
    }).toEqual({
      verdict: row.verdict,
      firstFailure: row.firstFailure,
      missingFeatures:
        row.firstFailure === 'cpu-features' && row.missingFeatures.length === 0 ? expect.anything() : row.missingFeatures,
      runscError: row.runscError,
    });
  });
});

describe('weaker evidence never contradicts it:', () => {
  const weak = rows.flatMap((row) =>
    (row.host.includes('arm64') ? ['cpu-features.txt'] : ['cpuinfo.txt', 'cpu-features.txt']).map(
      (file) => [name(row), file, row] as const,
    ),
  );
  test.each(weak)('%s, from %s', async (_name, file, row) => {
    const { verdict } = await answer(row, file);
    expect(['unknown', row.verdict]).toContain(verdict);
  });
});
