import { describe, expect, it } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { type Damage, evaluate, evaluateUnreadable } from '../../../src/restore/evaluate.ts';
import { GATE_IDS } from '../../../src/restore/result.ts';
import {
  arm64Host,
  arm64Image,
  BASE_FEATURES,
  fact,
  featureSet,
  fpu,
  host,
  hostWithXcr0,
  image,
  noFact,
  task,
} from './examples.ts';

const NEWEST = { runscVersion: 'release-20260817.0' };

describe('evaluate', () => {
  it('answers every gate, in order', () => {
    const result = evaluate(image(), host(), NEWEST);
    expect(result).toMatchObject({
      image: { path: 'example', runscVersion: 'release-20260817.0', arch: 'amd64', compression: 'none' },
      host: { name: 'example-host', source: 'cpuid', evidence: 'exact', arch: 'amd64', runscVersion: null },
      rules: { release: 'release-20260817.0', from: 'flag' },
      verdict: 'restorable',
      relation: 'identical',
      firstFailure: null,
      runscError: null,
      missingFeatures: [],
      unknownFeatures: [],
      advice: [],
    });
    expect(result.gates.map((gate) => gate.id)).toEqual(GATE_IDS);
    const open = ['oci-spec', 'network'];
    for (const gate of result.gates) expect(gate.outcome).toBe(open.includes(gate.id) ? 'not-checked' : 'pass');
  });

  it('is restorable when only the version was not given', () => {
    const result = evaluate(image(), host(), { runscVersion: null });
    expect(result.rules.from).toBe('image');
    expect(result.verdict).toBe('restorable');
    expect(evaluate(image(), host(), { runscVersion: null, require: ['runsc-version'] }).verdict).toBe('unknown');
    expect(
      evaluate(image(), host(BASE_FEATURES, { runscVersion: fact('release-20260817.0') }), { runscVersion: null }),
    ).toMatchObject({
      verdict: 'restorable',
      rules: { from: 'host' },
    });
  });

  it('reports every failing gate and the first of them', () => {
    const result = evaluate(
      image({
        runscVersion: { value: 'release-20260810.0', from: 'header' },
        cpu: featureSet([...BASE_FEATURES, 'avx512f', 'avx512dq']),
        tasks: [task(1, fpu(0xa2n))],
      }),
      hostWithXcr0(7n, { cacheLine: fact(128) }),
      NEWEST,
    );
    expect(result.gates.filter((gate) => gate.outcome === 'fail').map((gate) => gate.id)).toEqual([
      'runsc-version',
      'cpu-features',
      'cache-line',
      'fpu-state',
    ]);
    expect(result).toMatchObject({ verdict: 'blocked', firstFailure: 'runsc-version', missingFeatures: ['avx512f', 'avx512dq'] });
    expect(result.runscError).toMatch(/^runsc version does not match/);
  });

  it('names the gate where that release stops: versions in the kernel graph come after the CPU', () => {
    const saved = image({
      headerHmac: 'empty-key',
      runscVersion: { value: 'release-20241202.0', from: 'kernel' },
      containerSpecsFrom: 'kernel',
      cpu: featureSet([...BASE_FEATURES, 'avx512f']),
    });
    const result = evaluate(saved, host(), { runscVersion: 'release-20250127.0' });
    expect(result.gates.filter((gate) => gate.outcome === 'fail').map((gate) => gate.id)).toEqual([
      'runsc-version',
      'cpu-features',
    ]);
    expect(result).toMatchObject({
      firstFailure: 'cpu-features',
      runscError: 'incompatible FeatureSet: missing features: map[avx512f:{}]',
    });
    const withFeatures = evaluate({ ...saved, cpu: featureSet(BASE_FEATURES) }, host(), { runscVersion: 'release-20250127.0' });
    expect(withFeatures).toMatchObject({ firstFailure: 'runsc-version' });
    expect(withFeatures.runscError).toContain('checkpoint: release-20241202.0 current: release-20250127.0');
  });

  it('reads a late header verification before the CPU and after the keys of the header', () => {
    const saved = image({ runscVersion: { value: 'release-20260817.0', from: 'header' } });
    expect(evaluate(saved, host(), { runscVersion: '20250320' })).toMatchObject({ firstFailure: 'runsc-version' });
    expect(evaluate(saved, host(), { runscVersion: '20240801' })).toMatchObject({
      firstFailure: 'image-readable',
      runscError: 'statefile error: hash mismatch',
    });
    expect(evaluate(saved, host(), { runscVersion: '20250820' })).toMatchObject({
      firstFailure: 'image-readable',
      runscError: 'creating statefile reader: statefile error: hash mismatch',
    });
  });

  it('names the first failure whatever is unknown before it', () => {
    const target = host();
    const features = new Map([...target.features, ['rdseed', { presence: 'unknown', source: 'hidden' } as const]]);
    const unsure: Host = { ...target, features, cacheLine: fact(128) };
    const saved = image({ cpu: featureSet([...BASE_FEATURES, 'rdseed']) });
    expect(evaluate(saved, unsure, NEWEST)).toMatchObject({
      verdict: 'blocked',
      firstFailure: 'cache-line',
      relation: null,
      missingFeatures: [],
      unknownFeatures: ['rdseed'],
      host: { evidence: 'partial' },
    });
    expect(evaluate(saved, { ...unsure, cacheLine: fact(64) }, NEWEST)).toMatchObject({
      verdict: 'unknown',
      firstFailure: null,
      runscError: null,
    });
  });

  it.each([
    [[], ['avx'], 'superset'],
    [['avx'], [], 'subset'],
    [['avx'], ['bmi1'], 'incompatible'],
    [['avx'], ['avx'], 'identical'],
  ] as const)('relates %j of the image to %j of the host: %s', (saved, target, relation) => {
    const result = evaluate(
      image({ cpu: featureSet([...BASE_FEATURES, ...saved]) }),
      host([...BASE_FEATURES, ...target]),
      NEWEST,
    );
    expect(result.relation).toBe(relation);
  });

  it('blocks the other architecture at the first graph', () => {
    const result = evaluate(arm64Image(), host(), NEWEST);
    expect(result).toMatchObject({
      verdict: 'blocked',
      relation: null,
      firstFailure: 'cpu-arch',
      missingFeatures: [],
      unknownFeatures: [],
    });
    const outcomes = Object.fromEntries(result.gates.map((gate) => [gate.id, gate.outcome]));
    expect(outcomes).toMatchObject({
      'cpu-arch': 'fail',
      'cpu-features': 'unknown',
      'cache-line': 'unknown',
      'fpu-state': 'unknown',
    });
    expect(evaluate(image(), arm64Host(), NEWEST)).toMatchObject({ verdict: 'blocked', firstFailure: 'cpu-arch' });
  });

  it('assumes a page size on arm64 unless it is demanded', () => {
    const target = arm64Host(undefined, { pageSize: noFact() });
    expect(evaluate(arm64Image(), target, NEWEST).verdict).toBe('restorable');
    expect(evaluate(arm64Image(), target, { ...NEWEST, require: ['page-size'] }).verdict).toBe('unknown');
    expect(evaluate(arm64Image(), arm64Host(), { ...NEWEST, require: ['page-size'] }).verdict).toBe('restorable');
  });
});

describe('evaluateUnreadable', () => {
  const damage = (more: Partial<Damage>): Damage => ({
    code: 'truncated',
    layer: 'wire',
    offset: 100,
    expected: 'more',
    found: 'the end',
    ...more,
  });

  it('fails image-readable and leaves open what was not read', () => {
    const result = evaluateUnreadable({ path: 'x' }, damage({ layer: 'header', code: 'bad-hmac' }), host(), {
      runscVersion: 'release-20250820.0',
    });
    expect(result).toMatchObject({
      image: { path: 'x', runscVersion: null, arch: null, createdAt: null, compression: null },
      verdict: 'blocked',
      relation: null,
      firstFailure: 'image-readable',
      runscError: 'creating statefile reader: statefile error: hash mismatch',
    });
    const outcomes = Object.fromEntries(result.gates.map((gate) => [gate.id, gate.outcome]));
    expect(outcomes).toMatchObject({
      'container-count': 'unknown',
      'cpu-features': 'unknown',
      'fpu-state': 'unknown',
      'page-size': 'not-applicable',
    });
  });

  it('knows the text of a compression that does not exist', () => {
    const broken = damage({ layer: 'metadata', code: 'unknown-compression' });
    expect(evaluateUnreadable({ path: 'x' }, broken, host(), NEWEST).runscError).toBe(
      'creating statefile reader: statefile.NewReader failed: flags set is invalid',
    );
    expect(
      evaluateUnreadable({ path: 'x' }, damage({ layer: 'header', code: 'bad-hmac' }), host(), NEWEST).runscError,
    ).toBeNull();
  });

  it('still answers by what was read, in the order of runsc', () => {
    const { tasks: _tasks, ...known } = image({ cpu: featureSet([...BASE_FEATURES, 'avx512f']) });
    const result = evaluateUnreadable(known, damage({}), host(), NEWEST);
    expect(result).toMatchObject({ verdict: 'blocked', firstFailure: 'cpu-features', missingFeatures: ['avx512f'] });
    const readable = result.gates.find((gate) => gate.id === 'image-readable');
    expect(readable?.reasons).toMatchObject([{ code: 'CKPT1008', order: 32, details: { offset: 100 } }]);
    expect(result.gates.find((gate) => gate.id === 'fpu-state')?.outcome).toBe('unknown');
    const order = (facts: Parameters<typeof evaluateUnreadable>[0], problem: Damage) =>
      evaluateUnreadable(facts, problem, host(), NEWEST).gates[0]?.reasons[0]?.order;
    const { cpu: _cpu, ...noGraph } = known;
    expect([order(noGraph, damage({})), order(known, damage({})), order(image(), damage({ layer: 'pages' }))]).toEqual([
      29, 32, 34,
    ]);
  });

  it('does not call missing what may be in a kernel graph that was not read', () => {
    const { tasks: _tasks, ...known } = image({ headerHmac: 'empty-key', runscVersion: null, containerSpecsFrom: null });
    const gates = (version: string) => {
      const { gates: all } = evaluateUnreadable(known, damage({}), host(), { runscVersion: version });
      return ['container-specs', 'runsc-version'].map((id) => all.find((gate) => gate.id === id)?.outcome);
    };
    expect(gates('20250101')).toEqual(['unknown', 'unknown']);
    expect(gates('20250320')).toEqual(['unknown', 'fail']);
    expect(gates('20251015')).toEqual(['pass', 'fail']);
  });

  it('keeps an earlier problem of the form in front', () => {
    const { tasks: _tasks, ...known } = image();
    const result = evaluateUnreadable(known, damage({}), host(), { runscVersion: '20251015' });
    expect(result.gates[0]?.reasons.map((because) => because.code)).toEqual(['CKPT1002', 'CKPT1008']);
    expect(result.runscError).toBe('creating statefile reader: statefile.NewReader failed: hash mismatch');
  });
});
