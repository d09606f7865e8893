import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderCheckText } from '../../../src/report/check-text.ts';
import { type CheckDocument, type CheckResult, GATE_IDS, type Reason } from '../../../src/restore/result.ts';

const OPTIONS = { color: false, width: 100, quiet: false, errors: false };
const OWN_COLORS = new RegExp(`${String.fromCharCode(27)}\\[(?:0|1|2|32|33|1;31)m`, 'g');
const MISSING: Reason = {
  code: 'CKPT1601',
  order: 30,
  message: 'the host lacks 2 features of the image: avx512f ht',
  details: {
    features: [
      { name: 'avx512f', linuxName: 'avx512f', impact: 'instruction', evidence: 'CPUID leaf 0x7' },
      { name: 'ht', linuxName: null, impact: 'dynamic', evidence: 'CPUID leaf 0x1' },
    ],
  },
};

function result(more: Partial<CheckResult> = {}): CheckResult {
  return {
    image: {
      path: 'a.state',
      runscVersion: 'release-20260817.0',
      arch: 'amd64',
      createdAt: '2026-11-23T04:38:51.168Z',
      compression: 'none',
    },
    host: { name: 'b.txt', source: 'cpuid', evidence: 'exact', arch: 'amd64', runscVersion: null },
    rules: { release: 'release-20260817.0', from: 'image' },
    verdict: 'restorable',
    relation: 'superset',
    firstFailure: null,
    runscError: null,
    missingFeatures: [],
    unknownFeatures: [],
    gates: GATE_IDS.map((id) => ({ id, outcome: id === 'runsc-version' ? 'not-checked' : 'pass', reasons: [] })),
    advice: [],
    ...more,
  };
}

const BLOCKED = result({
  verdict: 'blocked',
  firstFailure: 'cpu-features',
  runscError: 'incompatible FeatureSet: missing features: map[avx512f:{} ht:{}]',
  missingFeatures: ['avx512f', 'ht'],
  gates: GATE_IDS.map((id) =>
    id === 'cpu-features' ? { id, outcome: 'fail', reasons: [MISSING] } : { id, outcome: 'pass', reasons: [] },
  ),
  advice: [{ code: 'CKPT2002', message: 'set this', setting: 'x=y' }],
});

function document(results: readonly CheckResult[], errors: CheckDocument['errors'] = []): CheckDocument {
  return {
    schema: 'ckpt/check@1',
    tool: { name: 'ckpt', version: '0.1.0' },
    verdict: results[0]?.verdict ?? 'unknown',
    results,
    errors,
  };
}

describe('the text of check', () => {
  test('says the verdict first and names what was not checked', () => {
    expect(renderCheckText(document([result()]), OPTIONS).split('\n')[0]).toBe(
      'RESTORABLE  a.state  on  b.txt (not checked: runsc-version)',
    );
  });

  test('groups missing features by what they mean, and ends with advice', () => {
    const text = renderCheckText(document([BLOCKED]), OPTIONS);
    expect(text).toMatch(/^BLOCKED {2}a\.state {2}on {2}b\.txt\n.*cpu-features\n.*print: incompatible FeatureSet/);
    expect(text).toContain(
      '  instructions that applications execute (1)\n    avx512f\n  decided by the virtual machine or the running kernel (1)\n    ht\n',
    );
    expect(text).toMatch(/cpu-features +FAIL +the host lacks 2 features of the image, listed above \[CKPT1601\]/);
    expect(text.endsWith('What to do\n  * set this [CKPT2002]\n      x=y\n')).toBe(true);
  });

  test('has a line for every pair of several, and details of those that are not restorable', () => {
    const text = renderCheckText(document([BLOCKED, result()]), OPTIONS);
    expect(text).toContain(
      'BLOCKED     a.state  b.txt  cpu-features (2 features missing)\nRESTORABLE  a.state  b.txt  not checked: runsc-version\n',
    );
    expect(text.split('\nGates\n')).toHaveLength(2);
    expect(renderCheckText(document([BLOCKED, result()]), { ...OPTIONS, quiet: true })).not.toContain('Gates');
  });

  test('names inputs that could not be read, with the message when it goes nowhere else', () => {
    const errors = [{ host: 'c.txt', code: 'empty', message: 'host: expected bytes, found none', layer: 'host' }];
    expect(renderCheckText(document([], errors), OPTIONS)).toBe(
      'UNKNOWN  1 input not readable\n\nNot readable\n  c.txt  host  empty\n',
    );
    expect(renderCheckText(document([], errors), { ...OPTIONS, errors: true })).toContain(
      'c.txt  host  host: expected bytes, found none',
    );
  });

  test('lets nothing of the inputs act on the terminal, and colours only with its own codes', () => {
    const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, fc.boolean(), fc.boolean(), (a, b, c, color, quiet) => {
        const hostile = result({
          verdict: 'blocked',
          image: { ...BLOCKED.image, path: a, runscVersion: b, createdAt: c },
          host: { ...BLOCKED.host, name: b, runscVersion: c },
          rules: { release: a, from: 'flag' },
          runscError: c,
          firstFailure: 'runsc-version',
          gates: BLOCKED.gates.map((gate) => ({
            ...gate,
            reasons: [{ code: 'CKPT1301', order: 17, message: a, details: { image: b, host: c } }],
          })),
          advice: [{ code: 'CKPT2008', message: a, setting: b }],
        });
        const errors = [{ image: a, code: 'not-found', message: b, layer: 'file' }];
        for (const results of [[hostile], [hostile, BLOCKED]]) {
          const rendered = renderCheckText(document(results, errors), { color, quiet, width: 80, errors: true });
          expect(rendered.replaceAll(OWN_COLORS, '').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
      }),
    );
  });
});
