import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/check.ts';
import { encodeGvisorLabels } from '../../src/cpu/gvisor-labels.ts';
import { openHosts } from '../../src/host/open-host.ts';
import { nfdFlagsOf, nfdLabelsOf, nfdModelOf, nodeFeatureObject, nodeObject } from '../support/nfd-encoder.ts';
import { HAS_SHARED, imageOf, type RealRestore, shared, sharedJson } from '../support/shared-fixtures.ts';

const restores = HAS_SHARED ? sharedJson<RealRestore[]>('restores.json') : [];
const images = [...new Set(restores.map(({ image }) => image))];
const OPTIONS = { probe: false, runsc: 'never' } as const;

const STATES = [
  ['avx', 0x4n],
  ['mpx', 0x18n],
  ['avx512f', 0xe0n],
  ['amx_tile', 0x6_0000n],
] as const;

/** How NFD shows a fixture host, by what is given to ckpt. */
const FORMS = ['labels', 'feature', 'both'] as const;

describe.runIf(HAS_SHARED)('Kubernetes nodes', () => {
  let folder = '';
  const names: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
    const dumps = readdirSync(shared('hosts')).filter((name) => existsSync(shared('hosts', name, 'cpuid.txt')));
    for (const dump of dumps) {
      const [host] = (await openHosts([shared('hosts', dump, 'cpuid.txt')], OPTIONS)).hosts;
      const table = host?.cpuid;
      if (host === undefined || table === null || table === undefined) throw new Error(`no CPUID of ${dump}`);
      const name = dump.toLowerCase();
      const node = nodeObject(name, nfdLabelsOf(table));
      const feature = nodeFeatureObject(name, nfdFlagsOf(table), nfdModelOf(table));
      const own = Object.fromEntries(
        encodeGvisorLabels({
          arch: host.arch,
          features: new Map([...host.features].map(([feature, fact]) => [feature, fact.presence])),
          cacheLine: host.cacheLine.value,
          xcr0: host.xcr0.value,
          xcr0Known: host.xcr0Known,
          statesNotEnabled: host.statesNotEnabled,
          useXsave: host.useXsave.value,
          mxcsrMask: host.mxcsrMask.value,
          pageSize: host.pageSize.value,
          runscVersion: host.runscVersion.value,
        }),
      );
      const files = {
        labels: node,
        feature,
        both: { apiVersion: 'v1', kind: 'List', items: [node, feature] },
        own: nodeObject(name, { ...nfdLabelsOf(table), ...own }),
      };
      for (const [form, value] of Object.entries(files)) writeFileSync(join(folder, `${form}-${dump}`), JSON.stringify(value));
      names.push(dump);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('name the generation of the CPU like raw CPUID does, or not at all', async () => {
    for (const name of names) {
      const [raw, node] = (await openHosts([shared('hosts', name, 'cpuid.txt'), join(folder, `labels-${name}`)], OPTIONS)).hosts;
      const generation = node?.identity?.microarchitecture ?? null;
      if (generation !== null) expect(generation, name).toBe(raw?.identity?.microarchitecture);
      expect([node?.identity?.family, node?.identity?.model], name).toEqual([raw?.identity?.family, raw?.identity?.model]);
    }
  });

  it.each(FORMS)('%s: no feature and no state contradicts raw CPUID', async (form) => {
    for (const name of names) {
      const { hosts, errors } = await openHosts([shared('hosts', name, 'cpuid.txt'), join(folder, `${form}-${name}`)], OPTIONS);
      expect(errors).toEqual([]);
      const [raw, node] = hosts;
      if (raw === undefined || node === undefined) throw new Error('no host');
      for (const [feature, fact] of node.features) {
        if (fact.presence === 'unknown') continue;
        expect(fact.presence, `${feature} on ${name}: ${fact.source}`).toBe(raw.features.get(feature)?.presence);
      }
      expect(node.xcr0Known.set & raw.xcr0Known.clear, name).toBe(0n);
      expect(node.xcr0Known.clear & raw.xcr0Known.set, name).toBe(0n);
      // Emulated CPUs may have a state in leaf 0xd without the feature; the kernel enables none of those.
      for (const [feature, bits] of STATES) {
        if ((node.statesNotEnabled & bits) !== 0n)
          expect(raw.features.get(feature)?.presence, `${feature} on ${name}`).toBe('absent');
      }
      if (node.useXsave.value !== null) expect(node.useXsave.value, name).toBe(raw.useXsave.value);
    }
  });

  it.each([
    ['labels', 0.8],
    ['feature', 0.85],
    ['both', 0.85],
  ] as const)(
    '%s: never restorable, never blocked where runsc restored, and a useful share of the refusals is proven',
    async (form, least) => {
      const refused = { all: 0, proven: 0 };
      for (const image of images) {
        const rows = restores.filter((row) => row.image === image && names.includes(row.host ?? ''));
        const document = await check({
          images: [imageOf(image)],
          hosts: rows.map(({ host }) => `${host}=${join(folder, `${form}-${host}`)}`),
        });
        expect(document.errors).toEqual([]);
        for (const [index, real] of rows.entries()) {
          const ours = document.results[index];
          const pair = `${image} on ${real.host}`;
          expect(ours?.host.name).toBe(real.host);
          expect(ours?.host.evidence, pair).toBe('partial');
          expect(ours?.verdict, pair).not.toBe('restorable');
          if (ours?.verdict === 'blocked') expect(real.verdict, pair).toBe('blocked');
          expect(
            (ours?.missingFeatures ?? []).filter((feature) => !(real.missingFeatures ?? []).includes(feature)),
            pair,
          ).toEqual([]);
          if (real.verdict !== 'blocked') continue;
          refused.all++;
          if (ours?.verdict === 'blocked') refused.proven++;
        }
      }
      console.info(`${form}: ${refused.proven} of ${refused.all} refusals proven`);
      expect(refused.proven / refused.all).toBeGreaterThan(least);
    },
  );

  it('with the labels of ckpt: the same answers as raw CPUID', async () => {
    for (const image of images) {
      const [raw, labelled] = await Promise.all(
        [(name: string) => shared('hosts', name, 'cpuid.txt'), (name: string) => join(folder, `own-${name}`)].map((place) =>
          check({ images: [imageOf(image)], hosts: names.map((name) => `${name}=${place(name)}`) }),
        ),
      );
      const answers = (document: typeof raw) =>
        document?.results.map(({ host, verdict, firstFailure, missingFeatures, unknownFeatures }) => ({
          host: [host.name, host.evidence],
          verdict,
          firstFailure,
          missingFeatures,
          unknownFeatures,
        }));
      expect(answers(labelled)).toEqual(answers(raw));
    }
  });
});

describe.runIf(HAS_SHARED)('arm64 nodes', () => {
  it('never restorable without the page size, and right with it', async () => {
    const real = sharedJson<RealRestore[]>('arm64-restores.json');
    const folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
    let judged = 0;
    for (const row of real) {
      const cpuinfo = shared('hosts', row.host ?? '', 'cpuinfo.txt');
      const features = existsSync(cpuinfo) ? /^Features\s*:(.*)$/m.exec(readFileSync(cpuinfo, 'utf8'))?.[1] : undefined;
      if (features === undefined) continue;
      const flags = features
        .trim()
        .split(/\s+/)
        .map((name) => name.toUpperCase());
      const feature = nodeFeatureObject('arm', flags);
      const list = { kind: 'List', apiVersion: 'v1', items: [nodeObject('arm', {}, 'arm64'), feature] };
      const bare = join(folder, 'bare.json');
      writeFileSync(bare, JSON.stringify(list));
      const [ours] = (await check({ images: [imageOf(row.image)], hosts: [bare] })).results;
      expect(ours?.verdict, `${row.image} on ${row.host}`).not.toBe('restorable');
      if (ours?.verdict === 'blocked') expect(row.verdict).toBe('blocked');
      const configured = structuredClone(list);
      (configured.items[1] as { spec: { features: { attributes: object } } }).spec.features.attributes = {
        'kernel.config': { elements: { ARM64_4K_PAGES: 'y' } },
      };
      const sized = join(folder, 'sized.json');
      writeFileSync(sized, JSON.stringify(configured));
      const [exact] = (await check({ images: [imageOf(row.image)], hosts: [sized] })).results;
      if (exact?.verdict !== 'unknown') expect(exact?.verdict, `${row.image} on ${row.host}`).toBe(row.verdict);
      judged++;
    }
    expect(judged).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  });
});
