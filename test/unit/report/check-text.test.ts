import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderCheckText } from '../../../src/report/check-text.ts';
import { type CheckDocument, type CheckResult, GATE_IDS, type Reason } from '../../../src/restore/result.ts';

const OPTIONS = { color: false, width: 100, quiet: false, details: false };
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

  test('names inputs that could not be read, and begins with them where they make the verdict', () => {
    const errors = [{ host: 'c.txt', code: 'empty', message: 'host: expected bytes, found none', layer: 'host' }];
    expect(renderCheckText(document([], errors), OPTIONS)).toBe(
      'UNKNOWN  1 input not readable\n\nNot readable\n  host  c.txt: expected bytes, found none [empty]\n',
    );
    const unknown = { ...document([result()], errors), verdict: 'unknown' } as const;
    for (const quiet of [true, false])
      expect(renderCheckText(unknown, { ...OPTIONS, quiet }).split('\n')[0]).toBe(
        'UNKNOWN  1 input not readable, 1 of 1 pair restorable',
      );
    expect(renderCheckText(document([BLOCKED, result()], errors), OPTIONS).split('\n')[0]).toBe(
      'BLOCKED  1 of 2 pairs blocked, 1 restorable, 1 input not readable',
    );
  });

  test('tells an explanation that several pairs share once', () => {
    const on = (path: string, host: string) => ({
      ...BLOCKED,
      image: { ...BLOCKED.image, path },
      host: { ...BLOCKED.host, name: host },
    });
    const rome = { ...on('a.state', 'rome'), relation: 'subset' } as const;
    const text = renderCheckText(document([on('a.state', 'milan'), rome, on('b.state', 'milan'), result()]), OPTIONS);
    expect(text.split('\nGates\n')).toHaveLength(2);
    expect(text).toContain('\nBLOCKED  a.state  on  milan, rome\nBLOCKED  b.state  on  milan\n  runsc restore would stop');
    expect(text).toMatch(/\nCPU +a\.state on milan: the host has all .*\n +a\.state on rome: the host has only a part/);
    expect(text).not.toContain('--details');
  });

  test('explains in short when there is much to explain, and in full on demand', () => {
    const different = ['v1', 'v2', 'v3', 'v4', 'v5'].map((release, index) => ({
      ...BLOCKED,
      host: { ...BLOCKED.host, name: `host-${index}` },
      rules: { release, from: 'host' } as const,
      runscError: index === 0 ? 'another' : BLOCKED.runscError,
    }));
    const short = renderCheckText(document(different), OPTIONS);
    expect(short).not.toContain('Gates');
    expect(short).toContain(
      [
        '\nBLOCKED  a.state  on  host-1, host-2, host-3, host-4',
        '  runsc restore would stop at the gate cpu-features',
        '  and print: incompatible FeatureSet: missing features: map[avx512f:{} ht:{}]',
        '  missing: instructions that applications execute (1)',
        '    avx512f',
        '  missing: decided by the virtual machine or the running kernel (1)',
        '    ht',
        '  what to do: CKPT2002',
        '',
        '--details shows gates and advice for each pair',
        '',
      ].join('\n'),
    );
    expect(renderCheckText(document(different), { ...OPTIONS, details: true }).split('\nGates\n')).toHaveLength(6);
    expect(renderCheckText(document(different.slice(1)), OPTIONS).split('\nGates\n')).toHaveLength(5);
  });

  test('names gates that were not checked, and assumptions, beside the verdict', () => {
    const text = renderCheckText(
      document([
        result({
          gates: GATE_IDS.map((id) => {
            if (id !== 'page-size') return { id, outcome: id === 'runsc-version' ? 'not-checked' : 'pass', reasons: [] };
            return {
              id,
              outcome: 'pass',
              reasons: [{ code: 'CKPT1402', order: 28, message: 'assumed', details: { assumed: 4096 } }],
            };
          }),
        }),
      ]),
      OPTIONS,
    );
    expect(text.split('\n')[0]).toBe('RESTORABLE  a.state  on  b.txt (not checked: runsc-version; assumed: page-size)');
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
          const rendered = renderCheckText(document(results, errors), { color, quiet, width: 80, details: true });
          expect(rendered.replaceAll(OWN_COLORS, '').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
      }),
    );
  });
});
