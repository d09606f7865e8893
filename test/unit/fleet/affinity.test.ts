/** Constraints as documents and as YAML: what Kubernetes and NFD take, and what people read. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { type AffinityOptions, affinity } from '../../../src/affinity.ts';
import { parseYaml } from '../../../src/documents/yaml.ts';
import { nameOfImage } from '../../../src/fleet/affinity.ts';
import type { AffinityDocument, AffinityForm } from '../../../src/fleet/affinity-document.ts';
import { hostLabels } from '../../../src/host-labels.ts';
import { renderAffinityText } from '../../../src/report/affinity-text.ts';
import { renderHostLabelsText } from '../../../src/report/host-labels-text.ts';
import { kubernetesErrors } from '../../support/kubernetes-schema.ts';
import { IMAGE_COMPATIBILITY, NODE_FEATURE_RULE } from '../../support/nfd-schemas.ts';

const ROOT = join(import.meta.dirname, '../../..');
const IMAGES = join(ROOT, 'fixtures/images');
const ZEN5 = join(IMAGES, '2026-08/zen5.state');
const ARM64 = join(IMAGES, '2026-08/arm64-cortex-a57.state');
const folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const isPublished = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8')));
const isAffinity = isPublished('affinity@1');
const isHostLabels = isPublished('host-labels@1');
const isRule = new Ajv2020({ strict: false }).compile(NODE_FEATURE_RULE);
const isArtifact = new Ajv2020({ strict: false }).compile(IMAGE_COMPATIBILITY);

/** What is wrong with the object of a form, held to what takes it. */
const WRONG: Readonly<Record<AffinityForm, (manifest: Record<string, unknown>) => unknown>> = {
  'node-affinity': (manifest) => kubernetesErrors('io.k8s.api.core.v1.PodSpec', { containers: [], ...manifest }),
  'node-selector': (manifest) => kubernetesErrors('io.k8s.api.core.v1.PodSpec', { containers: [], ...manifest }),
  'deployment-patch': ({ spec }) => {
    const { template } = spec as { template: { spec: object } };
    const pod = { ...template, spec: { containers: [], ...template.spec } };
    return kubernetesErrors('io.k8s.api.apps.v1.Deployment', { spec: { selector: {}, template: pod } });
  },
  'node-feature-rule': (manifest) => (isRule(manifest) ? [] : isRule.errors),
  'image-compatibility': (manifest) => (isArtifact(manifest) ? [] : isArtifact.errors),
};
const FORMS = Object.keys(WRONG) as AffinityForm[];

async function of(image: string, options: AffinityOptions = {}): Promise<AffinityDocument> {
  const { document } = await affinity(image, options);
  if (document === null) throw new Error(`nothing about ${image}`);
  if (!isAffinity(JSON.parse(JSON.stringify(document)))) throw new Error(JSON.stringify(isAffinity.errors));
  return document;
}

const images = readdirSync(IMAGES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.state$/.test(entry.name))
  .map(({ parentPath, name }) => join(parentPath, name));

describe('constraints', () => {
  it.each(FORMS.flatMap((form) => (['nfd', 'gvisor', 'kubevirt'] as const).map((labels) => ({ form, labels }))))(
    'as $form over labels of $labels are what takes them takes, as data and as YAML',
    async ({ form, labels }) => {
      if (labels === 'kubevirt' && (form === 'node-feature-rule' || form === 'image-compatibility')) {
        await expect(of(ZEN5, { form, labels })).rejects.toThrow(/Node Feature Discovery/);
        return;
      }
      for (const image of images) {
        const document = await of(image, { form, labels });
        if (document.manifest === null) continue;
        expect(WRONG[form](document.manifest), image).toEqual([]);
        const [yaml, ...others] = parseYaml(renderAffinityText(document));
        expect(others).toEqual([]);
        expect(yaml?.value).toEqual(document.manifest);
      }
    },
  );

  it('ask for each label once, and for nothing twice', async () => {
    for (const image of images) {
      const { constraints, gaps, requires } = await of(image, { labels: 'nfd' });
      expect(new Set(constraints.map(({ key }) => key)).size).toBe(constraints.length);
      const asked = constraints.flatMap((constraint) => constraint.for).filter(({ kind }) => kind === 'feature');
      const open = gaps.filter((gap) => gap.kind === 'feature' && !gap.asked);
      const named = [...asked, ...open].map(({ name }) => name).sort();
      expect(named, image).toEqual(requires?.features.map(({ name }) => name).sort());
    }
  });

  it('over labels of gVisor leave nothing open but the version of runsc, which is asked for on demand', async () => {
    const plain = await of(ZEN5, { labels: 'gvisor' });
    expect(plain.gaps.map(({ kind }) => kind)).toEqual(['runsc-version']);
    const strict = await of(ZEN5, { labels: 'gvisor', requireVersion: true });
    expect(strict.gaps).toEqual([]);
    expect(strict.constraints).toContainEqual(
      expect.objectContaining({ key: 'ckpt.feature.node.kubernetes.io/runsc-version', values: ['release-20260817.0'] }),
    );
  });

  it('ask for what threads hold, and not for what no thread holds', async () => {
    const inUse = await of(join(IMAGES, '2026-08/zen5-levelled-avx512-in-use.state'), { labels: 'gvisor' });
    const unused = await of(join(IMAGES, '2026-08/zen5-levelled-avx512-unused.state'), { labels: 'gvisor' });
    expect(inUse.requires?.states).toContain('Hi16_ZMM');
    expect(unused.requires?.states).not.toContain('Hi16_ZMM');
    for (const { requires } of [inUse, unused]) expect(requires?.features.map(({ name }) => name)).not.toContain('avx512f');
  });

  it('follow the rules of the restoring runsc', async () => {
    const names = async (runscVersion: string) =>
      (await of(ARM64, { labels: 'gvisor', runscVersion })).requires?.features.map(({ name }) => name);
    expect(await names('20210101')).toEqual([]);
    expect(await names('20260817')).toContain('asimd');
  });

  it('of arm64 ask for its page size and features, and for no XSAVE', async () => {
    const { requires, constraints } = await of(ARM64, { labels: 'gvisor' });
    expect(requires).toMatchObject({ arch: 'arm64', cacheLine: null, useXsave: false, states: [], pageSize: 4096 });
    expect(constraints[0]).toMatchObject({ key: 'kubernetes.io/arch', values: ['arm64'] });
  });

  it('leave labels that NFD does not make by default out of affinity, and in on demand and in rules', async () => {
    const keys = async (options: AffinityOptions) => (await of(ZEN5, options)).constraints.map(({ key }) => key);
    expect(await keys({})).not.toContain('feature.node.kubernetes.io/cpu-cpuid.BMI2');
    expect(await keys({ denied: true })).toContain('feature.node.kubernetes.io/cpu-cpuid.BMI2');
    expect(await keys({ form: 'node-feature-rule' })).toContain('BMI2');
    expect((await of(ZEN5)).gaps).toContainEqual(expect.objectContaining({ name: 'bmi2', denied: true, asked: false }));
  });

  it('never ask for a flag that a fit node may be without', async () => {
    for (const image of images) {
      for (const form of ['node-affinity', 'node-feature-rule'] as const) {
        const { constraints } = await of(image, { form, denied: form === 'node-affinity' });
        expect(constraints.filter(({ key }) => /(?:^|\.)(?:HTT|FXSROPT)$/.test(key))).toEqual([]);
      }
    }
  });

  it('are none for an image that no host can restore, and the reason is said', async () => {
    const document = await of(join(IMAGES, '2026-08/keyed.state'));
    expect(document).toMatchObject({
      verdict: 'nowhere',
      manifest: null,
      reasons: [expect.objectContaining({ gate: 'image-readable' })],
    });
    expect(
      renderAffinityText(document)
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
    ).toEqual([]);
    const other = await of(ZEN5, { runscVersion: 'release-20260420.0' });
    expect(other).toMatchObject({
      verdict: 'nowhere',
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'CKPT1301' })]),
    });
  });

  it('of what is no image are an error', async () => {
    const { document, errors } = await affinity(join(folder, 'none'));
    expect(document).toBeNull();
    expect(errors).toHaveLength(1);
  });

  it.each(['a\n- evil: true', '+expiry-time=2000-01-01', '#: {}', '\u202egnp', '"\'`$(x)', '-', '__proto__'])(
    'of an image called %j are the same YAML',
    async (name) => {
      const path = join(folder, name);
      cpSync(ZEN5, path);
      for (const form of FORMS) {
        const document = await of(path, { form, labels: 'nfd' });
        const text = renderAffinityText(document);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
        const parsed = parseYaml(text);
        expect(parsed.map(({ value }) => value)).toEqual([document.manifest]);
        expect(document.manifest).not.toBeNull();
      }
    },
  );

  it.each([
    ['images/20260817/sh-none/image', 'sh-none'],
    ['/data/Web Server.state', 'web-server'],
    ['checkpoint.img', 'image'],
    ['-', 'image'],
    ['x'.repeat(300), 'x'.repeat(40)],
    ['a/____/image.tar.zst', 'a'],
  ])('%s is called %s', (path, name) => {
    expect(nameOfImage(path)).toBe(name);
  });
});

describe('the feature file', () => {
  it('is comments, then labels; no comment is a directive, whatever the host is called', async () => {
    const spec = join(ROOT, 'fixtures/hosts', readdirSync(join(ROOT, 'fixtures/hosts'))[0] ?? '');
    const [file = ''] = readdirSync(spec).filter((name) => name.startsWith('cpu'));
    for (const name of ['prod', '+expiry-time', `${'x'.repeat(95)} +expiry-time`, 'a\n+no-label']) {
      const { document, errors } = await hostLabels([`${name}=${join(spec, file)}`]);
      expect(errors).toEqual([]);
      if (!isHostLabels(JSON.parse(JSON.stringify(document)))) throw new Error(JSON.stringify(isHostLabels.errors));
      const [host] = document.hosts;
      if (host === undefined) throw new Error('no host');
      const lines = renderHostLabelsText(host).trimEnd().split('\n');
      for (const line of lines) expect(line).toMatch(/^(?:# {2}|ckpt\.feature\.node\.kubernetes\.io\/[\w.-]+=[\w.-]+$)/);
      const labels = Object.fromEntries(lines.filter((line) => !line.startsWith('#')).map((line) => line.split('=')));
      expect(labels).toEqual(host.labels);
    }
  });
});

describe('the examples for Kubernetes', () => {
  it('are what Kubernetes takes', () => {
    const text = readFileSync(join(ROOT, 'docs/examples/host-labels-daemonset.yaml'), 'utf8');
    const documents = parseYaml(text);
    expect(documents.length).toBe(1);
    expect(kubernetesErrors('io.k8s.api.apps.v1.DaemonSet', documents[0]?.value)).toEqual([]);
  });
});
