/** Labels of a node in gVisor's names: written, read back, and held to the rules of labels. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arch, Presence } from '../../../src/cpu/feature.ts';
import { featuresOf } from '../../../src/cpu/feature-names.ts';
import {
  decodeGvisorLabels,
  encodeGvisorLabels,
  featureLabel,
  type GvisorLabelFacts,
  LABEL,
  labelName,
  undecidedFacts,
  versionLabelValue,
  xstateLabel,
} from '../../../src/cpu/gvisor-labels.ts';

const presences: fc.Arbitrary<Presence> = fc.constantFrom('present', 'absent', 'unknown');
const U64 = (1n << 64n) - 1n;

const facts: fc.Arbitrary<GvisorLabelFacts> = fc.constantFrom<Arch>('amd64', 'arm64').chain((arch) => {
  const names = featuresOf(arch).map(({ name }) => name);
  const amd64 = arch === 'amd64';
  const bits = fc.bigInt({ min: 0n, max: U64 });
  return fc
    .record({
      features: fc.array(presences, { minLength: names.length, maxLength: names.length }),
      cacheLine: fc.option(fc.constantFrom(32, 64, 128, 2040)),
      exact: fc.boolean(),
      one: bits,
      other: bits,
      statesNotEnabled: bits,
      useXsave: fc.option(fc.boolean()),
      mxcsrMask: fc.option(fc.constantFrom(0xffbf, 0xffff, 0x2ffff, 0xffff_ffff)),
      pageSize: fc.option(fc.constantFrom(4096, 16384, 65536)),
      runscVersion: fc.option(fc.constantFrom('release-20260817.0', '0.0~20240729.0', 'release-20260817.0-5-gabc1234')),
    })
    .map(({ features, exact, one, other, ...rest }) => ({
      arch,
      features: new Map(names.map((name, index) => [name, features[index] ?? 'unknown'])),
      cacheLine: amd64 ? rest.cacheLine : null,
      xcr0: amd64 && exact ? one : null,
      xcr0Known: !amd64 ? { set: 0n, clear: 0n } : exact ? { set: one, clear: U64 & ~one } : { set: one, clear: other & ~one },
      statesNotEnabled: amd64 ? rest.statesNotEnabled : 0n,
      useXsave: amd64 ? rest.useXsave : null,
      mxcsrMask: amd64 ? rest.mxcsrMask : null,
      pageSize: rest.pageSize,
      runscVersion: rest.runscVersion,
    }));
});

describe('labels in the names of gVisor', () => {
  it('say the same when they are read back, whatever is unknown', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(decodeGvisorLabels(new Map(encodeGvisorLabels(given)))).toEqual({ facts: given, problems: [] });
      }),
    );
  });

  it('are names and values that Kubernetes and NFD take, each once, in a file under the ceiling of NFD', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const labels = encodeGvisorLabels(given);
        expect(new Set(labels.map(([name]) => name)).size).toBe(labels.length);
        for (const [name, value] of labels) {
          expect(name).toMatch(/^ckpt\.feature\.node\.kubernetes\.io\/[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
          expect(value).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
        }
        expect(labels.map(([name, value]) => `${name}=${value}\n`).join('').length).toBeLessThan(65536);
      }),
    );
  });

  it('end with the mark, so that the beginning of a file proves nothing', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const labels = encodeGvisorLabels(given);
        expect(labels.at(-1)).toEqual([labelName(LABEL.vocabulary), 'v1']);
        expect(decodeGvisorLabels(new Map(labels.slice(0, -1)))).toBeNull();
      }),
    );
  });

  const base = (): Map<string, string> =>
    new Map(
      encodeGvisorLabels({
        arch: 'amd64',
        features: new Map(featuresOf('amd64').map(({ name }) => [name, name === 'avx2' ? 'absent' : 'present'])),
        cacheLine: 64,
        xcr0: 7n,
        xcr0Known: { set: 7n, clear: U64 & ~7n },
        statesNotEnabled: 0n,
        useXsave: true,
        mxcsrMask: 0xffff,
        pageSize: 4096,
        runscVersion: null,
      }),
    );

  it('of an older table leave newer features unknown', () => {
    const labels = base().set(labelName(LABEL.featuresThrough), '20200101');
    labels.delete(featureLabel('amx_tile'));
    const features = decodeGvisorLabels(labels)?.facts.features;
    expect([features?.get('avx2'), features?.get('amx_tile')]).toEqual(['absent', 'unknown']);
  });

  it('with values that they cannot have decide nothing and are named', () => {
    const labels = base();
    for (const name of [featureLabel('avx2'), labelName(LABEL.cacheLine), labelName(LABEL.xcr0Set), labelName(LABEL.useXsave)])
      labels.set(name, 'banana');
    labels.set(featureLabel('__proto__'), 'true');
    const decoded = decodeGvisorLabels(labels);
    expect(decoded?.facts).toMatchObject({ cacheLine: null, xcr0: null, useXsave: null });
    expect(decoded?.facts.features.get('avx2')).toBe('unknown');
    expect(decoded?.problems.join('\n')).toMatch(/cpu\.avx2[\s\S]*__proto__/);
    expect(decoded?.problems.length).toBe(6);
  });

  it('on which two descriptions of a node do not agree decide nothing', () => {
    const labels = base();
    const disputed = [featureLabel('avx2'), labelName(LABEL.cacheLine), labelName(LABEL.statesNotEnabled)];
    for (const name of disputed) labels.delete(name);
    const facts = decodeGvisorLabels(labels, new Set(disputed))?.facts;
    expect(facts).toMatchObject({ cacheLine: null, xcr0: null, xcr0Known: { set: 0n } });
    expect(facts?.features.get('avx2')).toBe('unknown');
  });

  it('with an unreadable list of states that are not enabled prove no state', () => {
    const decoded = decodeGvisorLabels(base().set(labelName(LABEL.statesNotEnabled), 'banana'));
    expect(decoded?.facts).toMatchObject({ xcr0: null, xcr0Known: { set: 0n } });
    expect(decoded?.problems.join()).toContain('states-not-enabled');
  });

  it('name a state only where it can be loaded', () => {
    const labels = new Map(
      encodeGvisorLabels({
        arch: 'amd64',
        features: new Map(),
        cacheLine: null,
        xcr0: 0xe7n,
        xcr0Known: { set: 0xe7n, clear: U64 & ~0xe7n },
        statesNotEnabled: 0xe0n,
        useXsave: true,
        mxcsrMask: null,
        pageSize: null,
        runscVersion: null,
      }),
    );
    expect([2, 5, 6, 7, 9, 40].map((bit) => labels.get(xstateLabel(bit)))).toEqual([
      'true',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(undecidedFacts(decodeGvisorLabels(labels)?.facts as GvisorLabelFacts)).toEqual([
      'cache-line',
      'mxcsr-mask',
      'page-size',
    ]);
  });

  it.each([
    ['release-20260817.0', 'release-20260817.0'],
    ['0.0~20240729.0', '0.0_20240729.0'],
    ['with_underscore', null],
    ['-begins-badly', null],
    ['x'.repeat(64), null],
    ['', null],
  ])('%s as a value is %s', (version, value) => {
    expect(versionLabelValue(version)).toBe(value);
  });
});
