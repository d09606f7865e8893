import { describe, expect, it } from 'vitest';
import { featuresOf } from '../../../src/cpu/feature-names.ts';
import { parseYaml } from '../../../src/documents/yaml.ts';
import { levelRules } from '../../../src/fleet/level-rules.ts';
import { LINTS } from '../../../src/fleet/lint-codes.ts';
import { lintExitCode, lintFiles } from '../../../src/fleet/lint-document.ts';
import { annotationPlaces } from '../../../src/fleet/lint-places.ts';
import type { Host } from '../../../src/host/host.ts';
import { hostWith } from '../../support/host-with.ts';

const KEY = 'dev.gvisor.internal.cpufeatures';
const BASE = 'fpu,tsc,cx8,cmov,mmx,fxsr,sse,sse2,syscall,lm,xsave,osxsave';

function lint(text: string, hosts: readonly Host[] = [], runsc: string | null = null) {
  const rules = levelRules(runsc, hosts);
  if (rules === null) throw new Error('no version');
  const documents = parseYaml(text).map((document) => ({ document, places: annotationPlaces(document, 100_000) }));
  return lintFiles([{ file: 'f', documents }], { hosts, rules }, []);
}
const oci = (value: unknown) => JSON.stringify({ ociVersion: '1.0.0', annotations: { [KEY]: value } });
const codes = (...args: Parameters<typeof lint>) => lint(...args).findings.map(({ code }) => code);

describe('lintFiles', () => {
  it('finds nothing wrong with what baseline writes', () => {
    const all = featuresOf('amd64').map(({ name }) => name);
    expect(codes(oci(all.join(',')))).toEqual([]);
    expect(codes(oci(BASE))).toEqual([]);
  });

  it.each([
    ['an unknown name', `${BASE},avx99x`, 'CKPT3001'],
    ['another vocabulary', `${BASE},clflushopt`, 'CKPT3002'],
    ['what has no name', `${BASE},avx512ifma`, 'CKPT3004'],
    ['a space', `${BASE}, clfushopt`, 'CKPT3005'],
    ['nothing', '', 'CKPT3006'],
    ['commas', ',,', 'CKPT3006'],
    ['an empty element', `${BASE},`, 'CKPT3007'],
    ['a name twice', `${BASE},fpu`, 'CKPT3008'],
    ['a feature without its base', `${BASE},avx512vl`, 'CKPT3014'],
    ['no SSE2', 'fpu,tsc,cx8,cmov,mmx,fxsr,sse,syscall,lm,xsave,osxsave', 'CKPT3015'],
    ['no XSAVE', BASE.replace(',xsave,osxsave', ''), 'CKPT3016'],
    ['a list', ['fpu'], 'CKPT3019'],
  ])('tells of %s', (_name, value, code) => {
    expect(codes(oci(value))).toEqual([code]);
  });

  it('corrects the names', () => {
    const { annotations } = lint(oci(`${BASE},sse3, AVX`));
    expect(annotations[0]?.corrected?.split(',')).toEqual(expect.arrayContaining(['pni', 'avx', 'fpu']));
  });

  it('counts a release that ignores it as an error, unless nothing is known of the release', () => {
    expect(codes(oci(BASE), [], 'release-20250811.0')).toEqual(['CKPT3009']);
    expect(codes(oci(BASE), [], 'release-20250820.0')).toEqual([]);
    expect(codes(oci(`amx_tile,${BASE}`), [], '0.0~20221219.0')).toEqual(['CKPT3003', 'CKPT3009']);
  });

  it('holds the list against hosts', () => {
    const base = Object.fromEntries(BASE.split(',').map((name) => [name, 'present' as const]));
    const high = hostWith('high', {
      ...base,
      avx: 'present',
      sse4_2: 'present',
      sse4_1: 'present',
      ssse3: 'present',
      pni: 'present',
    });
    const list = `${BASE},pni,ssse3,sse4_1,sse4_2,avx`;
    expect(codes(oci(list), [high])).toEqual([]);
    expect(lint(oci(list), [high, hostWith('low', base)]).findings).toMatchObject([
      { code: 'CKPT3011', severity: 'error', message: expect.stringContaining('sse4_2, avx (high has, low lacks)') },
    ]);
    // Names of hosts are said once, whatever the number of features.
    expect(lint(oci(list), [high, hostWith('low', base)]).findings[0]?.message.split('high').length).toBe(2);
    expect(codes(oci(list), [hostWith('low', base)])).toEqual(['CKPT3012']);
    expect(
      codes(oci(list), [
        high,
        hostWith('vague', { ...base, pni: 'present', ssse3: 'present', sse4_1: 'present', sse4_2: 'present', avx: 'unknown' }),
      ]),
    ).toEqual(['CKPT3013']);
    expect(codes(oci(BASE), [{ ...high, arch: 'arm64' }])).toEqual(['CKPT3010']);
  });

  it('knows where runsc looks, with the lines', () => {
    const text = [
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      `  annotations: {${KEY}: "${BASE}"}`,
      'spec:',
      '  template:',
      '    metadata:',
      '      annotations:',
      `        ${KEY}: "${BASE},"`,
      `        dev.gvisor.internal.cpu-features: fpu`,
      '    spec: {containers: [{name: a, env: [',
      `      {name: ${KEY}, value: fpu}]}]}`,
    ].join('\n');
    expect(lint(text).findings.map(({ code, line }) => [code, line])).toEqual([
      ['CKPT3017', 4],
      ['CKPT3007', 9],
      ['CKPT3018', 10],
      ['CKPT3017', 12],
    ]);
  });

  it.each([
    ['a Pod', `{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"${KEY}":"${BASE}"}}}`, []],
    [
      'a List of Pods',
      `{"apiVersion":"v1","kind":"List","items":[{"kind":"Pod","metadata":{"annotations":{"${KEY}":"${BASE}"}}}]}`,
      [],
    ],
    ['a PodList', `{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"annotations":{"${KEY}":"${BASE}"}}}]}`, []],
    ['annotations that Go takes too', `{"ociVersion":"1","Annotations":{"${KEY}":"${BASE}"}}`, []],
    ['an environment', `{"ociVersion":"1","process":{"env":["${KEY}=fpu"]}}`, ['CKPT3017']],
    ['labels', `{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"${KEY}":"fpu"}}}`, ['CKPT3017']],
    ['capital letters', `{"ociVersion":"1","annotations":{"${KEY.toUpperCase()}":"fpu"}}`, ['CKPT3018']],
    ['io.kubernetes', `{"ociVersion":"1","annotations":{"io.kubernetes.gvisor.cpufeatures":"fpu"}}`, ['CKPT3018']],
    ['other annotations of gVisor', `{"ociVersion":"1","annotations":{"dev.gvisor.internal.tpu":"x"}}`, ['CKPT3021']],
  ])('looks at %s', (_name, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  it('answers 1 for errors only', () => {
    expect(lintExitCode(lint(oci(BASE)))).toBe(0);
    expect(lintExitCode(lint(oci(`${BASE},fpu`)))).toBe(0);
    expect(lintExitCode(lint(oci(`${BASE},clflushopt`)))).toBe(1);
  });
});

describe('LINTS', () => {
  it('numbers its codes without a gap', () => {
    expect(Object.keys(LINTS)).toEqual(Object.keys(LINTS).map((_, index) => `CKPT${3001 + index}`));
  });
});
