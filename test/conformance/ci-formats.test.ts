/** The formats for CI on real images and hosts: nothing that would not restore passes in any of them. */
import { describe, expect, test } from 'vitest';
import { check } from '../../src/check.ts';
import { shownPairs } from '../../src/report/check-findings.ts';
import { checkGithub } from '../../src/report/github-check.ts';
import { checkJunit } from '../../src/report/junit-check.ts';
import { checkSarif } from '../../src/report/sarif-check.ts';
import { TABLES } from '../support/check-documents.ts';
import { junitErrors, schemaErrors } from '../support/public-schemas.ts';
import { HAS_SHARED, imageOf, shared, sharedImages } from '../support/shared-fixtures.ts';

describe.runIf(HAS_SHARED)('all real images on three hosts', async () => {
  const hosts = ['turin', 'qemu-Haswell', 'qemu-Nehalem'].map((name) => `${name}=${shared('hosts', name, 'cpuid.txt')}`);
  const document = await check({ images: sharedImages().map(imageOf), hosts, runsc: 'never' });

  test('every pair that does not restore has a finding', () => {
    const pairs = shownPairs(document, TABLES.findingsOf);
    expect(pairs.length).toBeGreaterThan(100);
    for (const { result, findings, standing } of pairs) {
      expect(standing === 'pass').toBe(result.verdict === 'restorable');
      expect(findings.length > 0).toBe(result.verdict !== 'restorable');
    }
  });

  test('SARIF is valid, and has a result for each of them', () => {
    const log = checkSarif(document, { ...TABLES, exitCode: 1, docsUrl: null });
    expect(schemaErrors('sarif-2.1.0', log)).toEqual([]);
    const [{ results }] = (log as { runs: [{ results: { properties: { image: string; host: string } }[] }] }).runs;
    const said = new Set(results.map(({ properties: { image, host } }) => JSON.stringify([image, host])));
    for (const { image, host, verdict } of document.results)
      expect(said.has(JSON.stringify([image.path, host.name]))).toBe(verdict !== 'restorable');
  });

  test('JUnit is valid, and as many tests pass as pairs restore', async () => {
    const xml = [...checkJunit(document, { ...TABLES, onUnknown: 'fail' })].join('');
    expect(await junitErrors(xml)).toEqual([]);
    const passed = xml.match(/<testcase [^>]*\/>/g) ?? [];
    expect(passed).toHaveLength(document.results.filter(({ verdict }) => verdict === 'restorable').length);
  });

  test('annotations stay below the limit', () => {
    const lines = checkGithub(document, { ...TABLES, onUnknown: 'warn' })
      .trimEnd()
      .split('\n');
    expect(lines.filter((line) => line.startsWith('::error '))).toHaveLength(10);
    expect(lines.filter((line) => line.startsWith('::')).length).toBeLessThanOrEqual(30);
  });
});
