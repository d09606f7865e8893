import { describe, expect, it } from 'vitest';
import type { FeatureSetEncoding } from '../../../../src/cpu/feature-set.ts';
import type { Host } from '../../../../src/host/host.ts';
import type { Gate } from '../../../../src/restore/gate.ts';
import { cacheLine } from '../../../../src/restore/gates/cache-line.ts';
import { cpuArch, expectedEncoding } from '../../../../src/restore/gates/cpu-arch.ts';
import { cpuFeatures } from '../../../../src/restore/gates/cpu-features.ts';
import { pageSize } from '../../../../src/restore/gates/page-size.ts';
import type { ImageFacts } from '../../../../src/restore/image-facts.ts';
import {
  arm64FeatureSet,
  arm64Host,
  arm64Image,
  BASE_FEATURES,
  fact,
  featureSet,
  host,
  image,
  NO_IDENTITY,
  noFact,
} from '../examples.ts';
import { boundary, rulesAt } from '../rules-at.ts';

const NEWEST = 'release-20260817.0';

function answerOf(gate: Gate, saved: ImageFacts, target: Host, version = NEWEST) {
  const result = gate.check(saved, target, rulesAt(version));
  return { outcome: result?.outcome, codes: result?.reasons.map((r) => `${r.code}@${r.order}`), error: result?.failure?.error };
}

const PASS = { outcome: 'pass', codes: [], error: undefined };
const NOT_APPLICABLE = { outcome: 'not-applicable', codes: [], error: undefined };

describe('gate page-size', () => {
  const withPages = (size: number) => arm64Host([], { pageSize: fact(size) });

  it('exists since 2026-03-04', () => {
    expect(answerOf(pageSize, arm64Image(), withPages(65_536), boundary('page-size').before)).toEqual(NOT_APPLICABLE);
    const error = 'restore is not supported with 64K page size';
    expect(answerOf(pageSize, arm64Image(), withPages(65_536), boundary('page-size').from)).toEqual({
      outcome: 'fail',
      codes: ['CKPT1401@28'],
      error,
    });
    expect(answerOf(pageSize, arm64Image(), withPages(16_384)).error).toBe('restore is not supported with 16K page size');
    expect(answerOf(pageSize, arm64Image(), withPages(4096))).toEqual(PASS);
  });

  it('passes on amd64 whatever the description holds', () => {
    expect(answerOf(pageSize, image(), host(BASE_FEATURES, { pageSize: noFact() }))).toEqual(PASS);
  });

  it('says that it assumes 4 KiB on arm64, except on Apple silicon', () => {
    expect(answerOf(pageSize, arm64Image(), arm64Host([], { pageSize: noFact() }))).toEqual({ ...PASS, codes: ['CKPT1402@28'] });
    const apple = arm64Host([], { pageSize: noFact(), identity: { ...NO_IDENTITY, arch: 'arm64', implementer: 0x61 } });
    expect(answerOf(pageSize, arm64Image(), apple)).toEqual({ outcome: 'unknown', codes: ['CKPT1403@28'], error: undefined });
  });
});

describe('gate cpu-arch', () => {
  const arm64Fields = '[hwCap cpuFreqMHz cpuImplHex cpuArchDec cpuVarHex cpuPartHex cpuRevDec]';

  it('passes the same encoding', () => {
    expect(answerOf(cpuArch, image(), host())).toEqual(PASS);
    expect(answerOf(cpuArch, arm64Image(), arm64Host())).toEqual(PASS);
    expect(answerOf(cpuArch, image({ featureSetFields: ['hwCap', 'Function'] }), host())).toEqual(PASS);
  });

  it('refuses the other architecture, as runsc prints it', () => {
    expect(answerOf(cpuArch, image(), arm64Host())).toEqual({
      outcome: 'fail',
      codes: ['CKPT1501@29'],
      error: `type "pkg/cpuid.FeatureSet" contains different fields: ${arm64Fields} (decode) and [Function hwCap] (encode)`,
    });
    expect(answerOf(cpuArch, arm64Image(), host()).error).toBe(
      `type "pkg/cpuid.FeatureSet" contains different fields: [Function hwCap] (decode) and ${arm64Fields} (encode)`,
    );
    expect(answerOf(cpuArch, image(), arm64Host(), '20220201')).toMatchObject({ outcome: 'fail', error: null });
  });

  it('refuses the encoding of another age', () => {
    const { before, from } = boundary('cpuid-hwcap');
    const old = image({ featureSetFields: ['Function'], cpu: featureSet(BASE_FEATURES, { encoding: 'function' }) });
    expect(answerOf(cpuArch, old, host(), before)).toEqual(PASS);
    expect(answerOf(cpuArch, old, host(), from)).toEqual({
      outcome: 'fail',
      codes: ['CKPT1502@29'],
      error: 'type "pkg/cpuid.FeatureSet" contains different fields: [Function hwCap] (decode) and [Function] (encode)',
    });
    expect(answerOf(cpuArch, image(), host(), before).error).toBe(
      'type "pkg/cpuid.FeatureSet" contains different fields: [Function] (decode) and [Function hwCap] (encode)',
    );
    // Equal names and another shape of hwCap: the decoder notices later, with a text that is not known.
    const number = arm64Image({ cpu: arm64FeatureSet([], { encoding: 'arm64-hwcap' }) });
    expect(answerOf(cpuArch, number, arm64Host(), before)).toEqual(PASS);
    expect(answerOf(cpuArch, number, arm64Host(), from)).toEqual({ outcome: 'fail', codes: ['CKPT1502@29'], error: null });
    expect(answerOf(cpuArch, image({ featureSetFields: ['Function', 'other'] }), host()).error).toBe(
      'type "pkg/cpuid.FeatureSet" has mismatched fields: [Function hwCap] (decode) and [Function other] (encode)',
    );
  });

  it('knows what every age loads', () => {
    const ages = (arch: 'amd64' | 'arm64', ...versions: string[]): (FeatureSetEncoding | null)[] =>
      versions.map((version) => expectedEncoding(arch, rulesAt(version)));
    const [fn, savable, hwcap] = [boundary('cpuid-function'), boundary('arm64-savable'), boundary('cpuid-hwcap')];
    expect(ages('amd64', fn.before, fn.from, hwcap.before, hwcap.from)).toEqual([
      'feature-table',
      'function',
      'function',
      'function-hwcap',
    ]);
    expect(ages('arm64', fn.before, fn.from, savable.before, savable.from, hwcap.from)).toEqual([
      'arm64-feature-table',
      null,
      null,
      'arm64-hwcap',
      'arm64-hwcap2',
    ]);
    expect(answerOf(cpuArch, arm64Image(), arm64Host(), savable.before)).toEqual({
      outcome: 'fail',
      codes: ['CKPT1503@29'],
      error: null,
    });
  });
});

describe('gate cpu-features', () => {
  const needs = (...names: string[]) => image({ cpu: featureSet([...BASE_FEATURES, ...names]) });
  const unsure = (name: string) => {
    const target = host();
    return { ...target, features: new Map([...target.features, [name, { presence: 'unknown', source: 'hidden' }]]) } as Host;
  };

  it('passes a host with the same or more features', () => {
    expect(answerOf(cpuFeatures, image(), host())).toEqual(PASS);
    expect(answerOf(cpuFeatures, image(), host([...BASE_FEATURES, 'avx512f']))).toEqual(PASS);
  });

  it('lists what is missing in feature-number order, as runsc prints it', () => {
    expect(answerOf(cpuFeatures, needs('fsrm', 'avx512f', 'avx', 'x2apic'), host())).toEqual({
      outcome: 'fail',
      codes: ['CKPT1601@30'],
      error: 'incompatible FeatureSet: missing features: map[x2apic:{} avx:{} avx512f:{} fsrm:{}]',
    });
  });

  it('is unknown about features that the description does not decide, and gives no incomplete list', () => {
    expect(answerOf(cpuFeatures, needs('rdseed'), unsure('rdseed'))).toEqual({
      outcome: 'unknown',
      codes: ['CKPT1602@30'],
      error: undefined,
    });
    expect(answerOf(cpuFeatures, image(), unsure('rdseed'))).toEqual(PASS);
    expect(answerOf(cpuFeatures, needs('rdseed', 'avx512f'), unsure('rdseed'))).toEqual({
      outcome: 'fail',
      codes: ['CKPT1601@30', 'CKPT1602@30'],
      error: null,
    });
  });

  it('compares what the restoring runsc compares', () => {
    // Leaf 7 EDX is compared since 2024-01-16.
    expect(answerOf(cpuFeatures, needs('fsrm'), host(), '20240115')).toEqual(PASS);
    expect(answerOf(cpuFeatures, needs('fsrm'), host(), '20240116').outcome).toBe('fail');
    expect(answerOf(cpuFeatures, needs('avx512f'), host(), boundary('cpuid-function').before)).toMatchObject({
      outcome: 'fail',
      error: null,
    });
  });

  it('compares nothing across architectures, and nothing on arm64 before 2022-01-13', () => {
    expect(answerOf(cpuFeatures, image(), arm64Host())).toEqual({ outcome: 'unknown', codes: ['CKPT1504@30'], error: undefined });
    const wants = arm64Image({ cpu: arm64FeatureSet(['fp', 'sve', 'sha3']) });
    expect(answerOf(cpuFeatures, wants, arm64Host(), boundary('cpuid-function').before)).toEqual(NOT_APPLICABLE);
    expect(answerOf(cpuFeatures, wants, arm64Host()).error).toBe(
      'incompatible FeatureSet: missing features: map[sha3:{} sve:{}]',
    );
  });
});

describe('gate cache-line', () => {
  it('demands equal sizes on amd64', () => {
    expect(answerOf(cacheLine, image(), host())).toEqual(PASS);
    const other = host(BASE_FEATURES, { cacheLine: fact(128) });
    const text = 'CPU cache line size 64 incompatible with host cache line size 128';
    expect(answerOf(cacheLine, image(), other)).toEqual({
      outcome: 'fail',
      codes: ['CKPT1701@31'],
      error: `incompatible FeatureSet: ${text}`,
    });
    expect(answerOf(cacheLine, image(), other, boundary('cpuid-function').before).error).toBe(text);
    const unsure = host(BASE_FEATURES, { cacheLine: noFact() });
    expect(answerOf(cacheLine, image(), unsure)).toEqual({ outcome: 'unknown', codes: ['CKPT1702@31'], error: undefined });
  });

  it('does not exist on arm64 and compares nothing across architectures', () => {
    expect(answerOf(cacheLine, arm64Image(), arm64Host())).toEqual(NOT_APPLICABLE);
    expect(answerOf(cacheLine, arm64Image(), host())).toEqual({ outcome: 'unknown', codes: ['CKPT1504@31'], error: undefined });
  });
});
