import { describe, expect, it } from 'vitest';
import { acceptedDocument, acceptedFinding, readAcceptedFindings } from '../../../src/policy/accepted-findings.ts';
import { judgeFindings, type Policy } from '../../../src/policy/judge-findings.ts';
import { readConfig } from '../../../src/policy/read-config.ts';
import type { CheckDocument, CheckResult, GateResult } from '../../../src/restore/result.ts';
import { exitCodeOf } from '../../../src/restore/verdict.ts';

const TODAY = '2026-11-23';

function feature(name: string, impact: string) {
  return { name, linuxName: name, impact, evidence: 'CPUID' };
}

/** A host that lacks erms and avx512f, about whose hle nothing is known, and whose FPU gate fails. */
const GATES = [
  { id: 'runsc-version', outcome: 'not-checked', reasons: [{ code: 'CKPT1303', order: 17, message: 'not given', details: {} }] },
  {
    id: 'cpu-features',
    outcome: 'fail',
    reasons: [
      {
        code: 'CKPT1601',
        order: 30,
        message: 'lacks',
        details: { features: [feature('avx512f', 'instruction'), feature('erms', 'performance')] },
      },
      { code: 'CKPT1602', order: 30, message: 'open', details: { features: [feature('hle', 'instruction')] } },
    ],
  },
  { id: 'fpu-state', outcome: 'unknown', reasons: [{ code: 'CKPT1804', order: 33, message: 'open', details: {} }] },
] as unknown as readonly GateResult[];

function result(path: string, host: string, gates: readonly GateResult[], verdict: CheckResult['verdict']): CheckResult {
  const image = { path, runscVersion: null, arch: 'amd64', createdAt: null, compression: 'none' } as const;
  const checked = { name: host, source: 'cpuid', evidence: 'exact', arch: 'amd64', runscVersion: null } as const;
  const rest = { relation: null, firstFailure: null, runscError: null, missingFeatures: [], unknownFeatures: [], advice: [] };
  return { image, host: checked, rules: { release: 'release-20260817.0', from: 'image' }, verdict, ...rest, gates };
}

function document(results: readonly CheckResult[]): CheckDocument {
  return { schema: 'ckpt/check@1', tool: { name: 'ckpt', version: '0' }, verdict: 'blocked', results, errors: [] };
}

const BLOCKED = document([result('images/a', 'old', GATES, 'blocked'), result('images/b', 'new', [], 'restorable')]);

function policyOf(yaml: string, more: Partial<Policy> = {}): Policy {
  const { rules, waivers } = readConfig(yaml, 'ckpt.yaml', '/project');
  return {
    config: 'ckpt.yaml',
    rules,
    waivers,
    accepted: null,
    require: [],
    imageName: (path) => path,
    hostName: (name) => name,
    ...more,
  };
}

function levels(judged: CheckDocument): string[] {
  return (judged.results[0]?.policy?.findings ?? []).map(
    ({ feature: name, code, level, by }) => `${name ?? code} ${level} ${by}`,
  );
}

describe('judgeFindings', () => {
  it('leaves findings as they are without rules', () => {
    const judged = judgeFindings(BLOCKED, policyOf(''), TODAY);
    expect(levels(judged)).toEqual(['avx512f block outcome', 'erms block outcome', 'hle open outcome', 'CKPT1804 open outcome']);
    expect(judged.results.map(({ policy }) => policy?.outcome)).toEqual(['fail', 'pass']);
    expect(judged.policy).toEqual({ config: 'ckpt.yaml', outcome: 'fail', waivers: [], notes: [] });
    expect(exitCodeOf(judged)).toBe(1);
  });

  it('never changes a verdict, a gate or a list of features', () => {
    const judged = judgeFindings(BLOCKED, policyOf('rules: [{gate: [cpu-features, fpu-state], action: ignore}]'), TODAY);
    expect(exitCodeOf(judged)).toBe(0);
    const { policy: _policy, ...rest } = judged;
    expect({ ...rest, results: rest.results.map(({ policy: _pair, ...pair }) => pair) }).toEqual(BLOCKED);
  });

  it('takes the first rule that fits', () => {
    const judged = judgeFindings(
      BLOCKED,
      policyOf(`rules:
  - {feature: hle, action: block}
  - {impact: instruction, outcome: unknown, action: ignore}
  - {impact: performance, action: warn}
  - {code: CKPT1804, hosts: "ne*", action: ignore}
  - {code: CKPT1804, images: "images/*", hosts: [x, o*], action: warn}
`),
      TODAY,
    );
    expect(levels(judged)).toEqual(['avx512f block outcome', 'erms warn rule', 'hle block rule', 'CKPT1804 warn rule']);
    expect(judged.policy?.notes).toEqual(['the rule at ckpt.yaml:3 fits no finding', 'the rule at ckpt.yaml:5 fits no finding']);
  });

  const WAIVERS = (expires: string) => `rules: [{gate: fpu-state, action: ignore}]
waivers:
  - {id: W-1, gate: cpu-features, reason: old pool, owner: infra, expires: "${expires}"}
  - {id: W-2, gate: gpu, reason: never}
`;

  it('lets a waiver count to the end of its last day', () => {
    const judged = judgeFindings(BLOCKED, policyOf(WAIVERS(TODAY)), TODAY);
    expect(levels(judged)).toEqual(['avx512f ignore waiver', 'erms ignore waiver', 'hle ignore waiver', 'CKPT1804 ignore rule']);
    expect(judged.policy).toEqual({
      config: 'ckpt.yaml',
      outcome: 'pass',
      waivers: [
        { id: 'W-1', reason: 'old pool', owner: 'infra', expires: TODAY, state: 'active', findings: 3 },
        { id: 'W-2', reason: 'never', owner: null, expires: null, state: 'unused', findings: 0 },
      ],
      notes: [`the waiver W-1 ends on ${TODAY}`],
    });
    expect(exitCodeOf(judged)).toBe(0);
  });

  it('blocks with a waiver that has expired, an undecided finding too, and says so', () => {
    const judged = judgeFindings(BLOCKED, policyOf(WAIVERS('2026-11-22')), TODAY);
    expect(levels(judged)).toEqual(['avx512f block waiver', 'erms block waiver', 'hle block waiver', 'CKPT1804 ignore rule']);
    expect(judged.results[0]?.policy?.findings[0]?.waiver).toEqual({
      id: 'W-1',
      reason: 'old pool',
      owner: 'infra',
      expires: '2026-11-22',
      expired: true,
    });
    expect(judged.policy?.waivers[0]).toMatchObject({ state: 'expired', findings: 3 });
    expect(exitCodeOf(judged)).toBe(1);
  });

  it('prefers a waiver that counts to one that has expired', () => {
    const yaml = `waivers:
  - {id: old, gate: cpu-features, reason: x, expires: 2020-01-01}
  - {id: new, gate: [cpu-features, fpu-state], reason: x}
`;
    const judged = judgeFindings(BLOCKED, policyOf(yaml), TODAY);
    expect(new Set(judged.results[0]?.policy?.findings.map(({ waiver }) => waiver?.id))).toEqual(new Set(['new']));
    expect(judged.policy?.outcome).toBe('pass');
  });

  it('knows accepted findings again, and tells of those that are gone', () => {
    const first = judgeFindings(BLOCKED, policyOf(''), TODAY);
    const [pair] = first.results;
    const findings = (pair?.policy?.findings ?? []).map((finding) => acceptedFinding(pair as CheckResult, finding, policyOf('')));
    const gone = { image: 'images/b', host: 'new', gate: 'gpu', code: 'CKPT1371', feature: null };
    const elsewhere = { ...gone, image: 'images/z' };
    const file = JSON.stringify(acceptedDocument([...findings, gone, elsewhere]));
    const judged = judgeFindings(BLOCKED, policyOf('', { accepted: readAcceptedFindings(file, 'b.json') }), TODAY);
    expect(judged.results[0]?.policy?.findings.map(({ level, by }) => `${level} ${by}`)).toEqual(
      Array(4).fill('ignore baseline'),
    );
    expect(judged.policy).toMatchObject({
      outcome: 'pass',
      notes: ['1 accepted finding is gone: --baseline-write removes them from the file'],
    });
    const other = document([result('images/a', 'other', GATES, 'blocked')]);
    expect(judgeFindings(other, policyOf('', { accepted: readAcceptedFindings(file, 'b.json') }), TODAY).policy?.outcome).toBe(
      'fail',
    );
  });

  it('is undecided without any answer, and follows --on-unknown', () => {
    const empty = judgeFindings(document([]), policyOf(''), TODAY);
    expect([exitCodeOf(empty), exitCodeOf(empty, 'warn'), exitCodeOf(empty, 'pass')]).toEqual([4, 0, 0]);
    const unread = { ...empty, errors: [{ image: 'x', code: 'not-found', message: '', layer: 'file' }] };
    expect(exitCodeOf(unread, 'pass')).toBe(3);
  });
});

describe('readAcceptedFindings', () => {
  it.each([
    ['[]', '$'],
    ['{}', '$.schema'],
    ['{"schema":"ckpt/accepted@2"}', '$.schema'],
    ['{"schema":"ckpt/accepted@1"}', '$.findings'],
    ['{"schema":"ckpt/accepted@1","findings":[1]}', '$.findings[0]'],
    ['{"schema":"ckpt/accepted@1","findings":[{"image":"a"}]}', '$.findings[0].host'],
    [
      '{"schema":"ckpt/accepted@1","findings":[{"image":"a","host":"b","gate":"c","code":"d","feature":1}]}',
      '$.findings[0].feature',
    ],
    ['{', '$'],
  ])('refuses %s', (text, path) => {
    expect(() => readAcceptedFindings(text, 'b.json')).toThrow(
      expect.objectContaining({ code: 'bad-policy', place: expect.objectContaining({ file: 'b.json', path }) }),
    );
  });
});
