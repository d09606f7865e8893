import { describe, expect, it } from 'vitest';
import { CpuidTable } from '../../../src/cpu/cpuid-table.ts';
import { CkptError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { evidenceOf } from '../../../src/host/host-evidence.ts';
import { hostsFromKubernetes } from '../../../src/host/hosts-from-kubernetes.ts';
import type { OpenedHosts } from '../../../src/host/opened-hosts.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { SMALL_CPU, withAnswers } from '../../support/host-dumps.ts';
import { labelsOf, nfdFlagsOf, nfdLabelsOf, nodeFeatureObject, nodeObject } from '../../support/nfd-encoder.ts';

const EVERY_CPU = ['X87', 'CMPXCHG8', 'FXSR', 'FXSROPT', 'SYSCALL'];
const MODERN = [...EVERY_CPU, 'XSAVE', 'OSXSAVE', 'AVX', 'AVX2', 'ADX', 'XSAVEOPT'];

function read(value: unknown, name = 'nodes.json'): Promise<OpenedHosts> {
  return hostsFromKubernetes(name, typeof value === 'string' ? value : JSON.stringify(value), DEFAULT_LIMITS);
}

/** Presence and evidence of one feature of the only host. */
async function told(value: unknown, feature: string): Promise<string> {
  const { hosts, errors } = await read(value);
  expect(errors).toEqual([]);
  const fact = hosts[0]?.features.get(feature);
  return `${fact?.presence}: ${fact?.source}`;
}

const labelled = (flags: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  nodeObject('n', { ...labelsOf(flags), ...more });
const list = (...items: readonly unknown[]) => ({ apiVersion: 'v1', kind: 'List', items });

async function refusal(read: Promise<unknown>): Promise<CkptError> {
  const error = await read.catch((thrown: unknown) => thrown);
  if (error instanceof CkptError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

describe('flags of a node', () => {
  it('a label proves the feature, a missing one its absence', async () => {
    expect(await told(labelled(MODERN), 'adx')).toBe('present: label feature.node.kubernetes.io/cpu-cpuid.ADX');
    expect(await told(labelled(MODERN), 'sha_ni')).toBe('absent: no label feature.node.kubernetes.io/cpu-cpuid.SHA');
    expect(await told(labelled(MODERN), 'lm')).toBe('present: Linux needs it on x86-64');
    expect(await told(labelled(MODERN), 'clwb')).toMatch(/^unknown/);
  });

  it('what NFD denies by default is unknown as a label, and known in a NodeFeature', async () => {
    expect(await told(labelled(MODERN), 'sse4_2')).toBe(
      'unknown: NFD makes no label of the flag SSE42 unless it is configured to',
    );
    expect(await told(nodeFeatureObject('n', MODERN), 'sse4_2')).toBe('absent: NodeFeature: no flag SSE42');
    expect(await told(nodeFeatureObject('n', [...MODERN, 'SSE42']), 'sse4_2')).toBe('present: NodeFeature: flag SSE42');
  });

  it('missing labels prove nothing where the list is filtered, older than v0.12, or made with another deny list', async () => {
    for (const flags of [MODERN.filter((flag) => flag !== 'SYSCALL'), ['AVX2', 'ADX'], [...MODERN, 'SSE42']]) {
      expect(await told(labelled(flags), 'sha_ni')).toMatch(/^unknown: no label .*SHA, which proves nothing/);
      expect(await told(labelled(flags), 'adx')).toMatch(/^present/);
    }
  });

  it('AVX and AVX-512 flags that are missing may be missing in XCR0 only', async () => {
    const flags = MODERN.filter((flag) => !flag.startsWith('AVX'));
    expect(await told(labelled(flags), 'avx')).toMatch(/^unknown: no label .* enabled the AVX state/);
    expect(await told(labelled(flags), 'avx2')).toMatch(/^unknown/);
    expect(await told(labelled(MODERN), 'avx512f')).toMatch(/^unknown/);
    expect(await told(labelled([...MODERN, 'AVX512F']), 'avx512f')).toMatch(/^present/);
    expect(await told(labelled([...MODERN, 'AVX512F']), 'avx512vbmi')).toMatch(/^absent/);
    expect(await told(labelled([...MODERN, 'AVX512F']), 'amx_tile')).toMatch(/^absent/);
    const { hosts } = await read(
      list(
        nodeObject('none', labelsOf(flags)),
        nodeObject('avx', labelsOf(MODERN)),
        nodeObject('all', labelsOf([...MODERN, 'AVX512F', 'MPX', 'AMXTILE'])),
      ),
    );
    expect(hosts.map((host) => [host.xcr0Known.set, host.statesNotEnabled])).toEqual([
      [0x3n, 0xfcn],
      [0x7n, 0xf8n],
      [0x6_00ffn, 0n],
    ]);
    expect(hosts.map((host) => host.useXsave.value)).toEqual([true, true, true]);
  });

  it('a kernel that leaves AVX-512 out of XCR0 does not make the CPU lack it', async () => {
    const table = new CpuidTable(withAnswers(SMALL_CPU, [[0x7, 0, 0, 0x0001_0021, 0, 0]]));
    expect(await told(nodeFeatureObject('n', [...nfdFlagsOf(table, { xcr0: 7n }), ...EVERY_CPU]), 'avx512f')).toMatch(/^unknown/);
  });

  it('flags that are not the bit: FXSROPT, POPCNT, MMX, HTT, XSAVE, leaf 7 out of range', async () => {
    const all = [...MODERN, 'POPCNT', 'LZCNT', 'MMX', 'SSE'];
    expect(await told(nodeFeatureObject('n', all), 'fxsr_opt')).toMatch(/^unknown: NodeFeature: flag FXSROPT does not prove it/);
    expect(await told(nodeFeatureObject('n', all), 'popcnt')).toMatch(/^unknown/);
    expect(await told(nodeFeatureObject('n', all), 'mmx')).toMatch(/^unknown/);
    expect(await told(nodeFeatureObject('n', MODERN), 'popcnt')).toMatch(/^absent/);
    expect(await told(nodeFeatureObject('n', all), 'ht')).toMatch(/^unknown/);
    expect(await told(nodeFeatureObject('n', [...all, 'HTT']), 'ht')).toMatch(/^present/);
    expect(await told(nodeFeatureObject('n', EVERY_CPU), 'xsave')).toMatch(/^unknown/);
    expect(await told(nodeFeatureObject('n', EVERY_CPU), 'xsaveopt')).toMatch(/^unknown/);
    expect(await told(nodeFeatureObject('n', EVERY_CPU), 'rtm')).toMatch(/^unknown/);
    expect(await told(nodeFeatureObject('n', MODERN), 'rtm')).toMatch(/^absent/);
    expect(await told(nodeFeatureObject('n', [...MODERN, 'AMXFP8']), 'pku')).toMatch(/^unknown/);
  });

  it('speculation control of AMD is not that of Intel', async () => {
    const flags = [...MODERN, 'IBPB', 'STIBP', 'SPEC_CTRL_SSBD'];
    for (const feature of ['spec_ctrl', 'intel_stibp', 'spec_ctrl_ssbd']) {
      expect(await told(nodeFeatureObject('n', flags, { vendor_id: 'AMD' }), feature)).toMatch(/^unknown/);
      expect(await told(nodeFeatureObject('n', [...flags, 'HYPERVISOR'], { vendor_id: 'Intel' }), feature)).toMatch(/^unknown/);
      expect(await told(nodeFeatureObject('n', flags, { vendor_id: 'Intel' }), feature)).toMatch(/^present/);
      expect(await told(nodeFeatureObject('n', MODERN, { vendor_id: 'AMD' }), feature)).toMatch(/^absent/);
    }
  });

  it('a label with a value that NFD never gives proves nothing, and is noted', async () => {
    for (const value of ['false', 'yes', '']) {
      const node = labelled(MODERN, { 'feature.node.kubernetes.io/cpu-cpuid.SHA': value });
      expect(await told(node, 'sha_ni')).toBe(
        'unknown: the label feature.node.kubernetes.io/cpu-cpuid.SHA has a value that NFD never gives it',
      );
      expect((await read(node)).hosts[0]?.notes.join()).toContain('SHA');
    }
  });

  it('a label that the NodeFeature does not confirm proves nothing', async () => {
    const both = list(labelled([...MODERN, 'SHA']), nodeFeatureObject('n', MODERN));
    expect(await told(both, 'sha_ni')).toMatch(/^unknown: there is a label .*SHA, but the NodeFeature lacks the flag/);
  });

  it('labels of KubeVirt prove what KVM passes on, where there is KVM, and never absence', async () => {
    const labels = {
      'cpu-feature.node.kubevirt.io/pclmuldq': 'true',
      'cpu-feature.node.kubevirt.io/x2apic': 'true',
      'host-model-required-features.node.kubevirt.io/sse4.2': 'true',
      'cpu-vendor.node.kubevirt.io/Intel': 'true',
    };
    const node = nodeObject('n', labels);
    expect(await told(node, 'pclmulqdq')).toMatch(/^unknown: labels of KubeVirt prove nothing here/);
    (node as { status: object }).status = { capacity: { 'devices.kubevirt.io/kvm': '1k' } };
    expect(await told(node, 'pclmulqdq')).toMatch(/^present/);
    expect(await told(node, 'sse4_2')).toMatch(/^present/);
    expect(await told(node, 'x2apic')).toMatch(/^unknown/);
    expect(await told(node, 'avx')).toMatch(/^unknown: no label/);
    expect((await read(node)).hosts[0]?.identity?.vendor).toBe('GenuineIntel');
  });

  it('of arm64 are AT_HWCAP, with the page size from the configuration of the kernel', async () => {
    const feature = nodeFeatureObject('a', ['FP', 'ASIMD', 'AES', 'USCAT']);
    const { hosts } = await read(list(nodeObject('a', {}, 'arm64'), feature));
    expect(hosts[0]?.features.get('aes')?.presence).toBe('present');
    expect(hosts[0]?.features.get('sve')?.presence).toBe('absent');
    expect(hosts[0]?.features.get('asimdfhm')?.presence).toBe('absent');
    expect([hosts[0]?.pageSize.value, hosts[0]?.hypervisor.value]).toEqual([null, null]);
    expect(hosts[0] && evidenceOf(hosts[0])).toBe('partial');
    const old = (await read(nodeFeatureObject('a', ['FP', 'ASIMD', 'AES']))).hosts[0];
    expect([old?.arch, old?.features.get('asimdfhm')?.presence]).toEqual(['arm64', 'unknown']);
    (feature as { spec: { features: { attributes: object } } }).spec.features.attributes = {
      'kernel.config': { elements: { ARM64_64K_PAGES: 'y' } },
    };
    expect((await read(feature)).hosts[0]?.pageSize.value).toBe(65_536);
  });

  it('say nothing of the cache line, and a Node whose every feature is labelled is still partial', async () => {
    const table = new CpuidTable(SMALL_CPU);
    const { hosts } = await read(nodeObject('n', nfdLabelsOf(table)));
    expect([hosts[0]?.cacheLine.value, hosts[0] && evidenceOf(hosts[0]), hosts[0]?.source]).toEqual([null, 'partial', 'labels']);
  });
});

describe('what a text of Kubernetes may be', () => {
  const node = labelled(MODERN);

  it('one object is the host that was named; of several, each is named by its node', async () => {
    expect((await read(node, 'given')).hosts.map(({ name }) => name)).toEqual(['given']);
    expect((await read(nodeFeatureObject('n', MODERN), 'given')).hosts.map(({ name }) => name)).toEqual(['given']);
    expect((await read(list(node, nodeObject('m', labelsOf(MODERN))))).hosts.map(({ name }) => name)).toEqual(['n', 'm']);
  });

  it('items of a NodeList and a NodeFeatureList need no kind, and a bare array is a list', async () => {
    const { kind: _kind, apiVersion: _api, ...bare } = node;
    const { kind: _kind2, apiVersion: _api2, ...bareFeature } = nodeFeatureObject('n', MODERN);
    expect((await read({ kind: 'NodeList', apiVersion: 'v1', items: [bare] })).hosts).toHaveLength(1);
    expect((await read({ kind: 'NodeFeatureList', items: [bareFeature] })).hosts).toHaveLength(1);
    expect((await read([node, nodeFeatureObject('n', MODERN)])).hosts).toHaveLength(1);
  });

  it('Node and NodeFeature of one node are one host, in JSON and in YAML documents', async () => {
    const { hosts } = await read(list(nodeFeatureObject('n', [...MODERN, 'SSE42']), node));
    expect(hosts.map(({ name, provenance, kernel }) => [name, provenance, kernel.value])).toEqual([
      ['n', 'Kubernetes node: NodeFeature', '6.1.0-26-cloud-amd64'],
    ]);
    const yaml = `kind: Node\nmetadata:\n  name: n\n---\n---\nkind: NodeFeature\nmetadata: {name: other, labels: {nfd.node.kubernetes.io/node-name: n}}\nspec:\n  features:\n    flags:\n      cpu.cpuid:\n        elements: {AVX2: {}, X87: {}}\n`;
    expect((await read(yaml)).hosts.map(({ name, features }) => [name, features.get('avx2')?.presence])).toEqual([
      ['n', 'present'],
    ]);
  });

  it('a node that is not in order is an error beside the others', async () => {
    const windows = {
      ...nodeObject('w', labelsOf(MODERN)),
      status: { nodeInfo: { operatingSystem: 'windows', architecture: 'amd64' } },
    };
    const items = [
      node,
      { kind: 'Node', metadata: { name: 'bare' }, status: { nodeInfo: { architecture: 'amd64' } } },
      { kind: 'Node', metadata: { name: 'shape', labels: ['a'] } },
      { kind: 'Node', metadata: { name: 'number', labels: { 'feature.node.kubernetes.io/cpu-cpuid.AVX': true } } },
      windows,
      nodeObject('mainframe', labelsOf(MODERN), 's390x'),
      { kind: 'Node', metadata: { name: '\u001b[31mred' } },
      { kind: 'Node', metadata: {} },
      { kind: 'Pod', metadata: { name: 'p' } },
      { kind: 'Pod', metadata: { name: 'q' } },
      { kind: 'Node', apiVersion: 'management.cattle.io/v3', metadata: { name: 'rancher' } },
      7,
    ];
    const { hosts, errors } = await read(list(...items));
    expect(hosts.map(({ name }) => name)).toEqual(['n']);
    expect(errors.map(({ host, error }) => `${host} | ${error.message}`)).toMatchInlineSnapshot(`
      [
        "bare | host: expected labels of Node Feature Discovery, of KubeVirt or of ckpt on the node, found none ($.items[1]). Install Node Feature Discovery, or describe the node with \`ckpt host capture\` or \`ckpt host probe\`",
        "shape | host: expected an object, found a list of 1 ($.items[2].metadata.labels). Give the objects as \`kubectl get nodes -o json\` prints them",
        "number | host: expected a string, found true ($.items[3].metadata.labels["feature.node.kubernetes.io/cpu-cpuid.AVX"]). Give the objects as \`kubectl get nodes -o json\` prints them",
        "w | host: expected a node that runs Linux, found one that runs "windows" ($.items[4]). gVisor does not run there: leave the node out, as with \`kubectl get nodes -l kubernetes.io/os=linux,kubernetes.io/arch=amd64\`",
        "mainframe | host: expected a node of amd64 or arm64, found one of "s390x" ($.items[5]). gVisor does not run there: leave the node out, as with \`kubectl get nodes -l kubernetes.io/os=linux,kubernetes.io/arch=amd64\`",
        "nodes.json $.items[6] | host: expected the name of a node, found "\\u001b[31mred" ($.items[6].metadata.name). Give the objects as \`kubectl get nodes -o json\` prints them",
        "nodes.json $.items[7] | host: expected the name of a node, found none ($.items[7].metadata.name). Give the objects as \`kubectl get nodes -o json\` prints them",
        "nodes.json | host: expected a Node, a NodeFeature, or a list of them, found kind "Pod", 2 times ($.items[8]). Of Kubernetes, only nodes are hosts: give \`kubectl get nodes -o json\`",
        "nodes.json | host: expected a Node, a NodeFeature, or a list of them, found kind Node of apiVersion "management.cattle.io/v3" ($.items[10]). Of Kubernetes, only nodes are hosts: give \`kubectl get nodes -o json\`",
        "nodes.json | host: expected a Node, a NodeFeature, or a list of them, found no object ($.items[11]). Of Kubernetes, only nodes are hosts: give \`kubectl get nodes -o json\`",
      ]
    `);
  });

  it('two nodes of one name, and two NodeFeatures of one name, are an error and no host', async () => {
    const { hosts, errors } = await read(list(node, node, nodeObject('m', labelsOf(MODERN))));
    expect(hosts.map(({ name }) => name)).toEqual(['m']);
    expect(errors.map(({ host, error }) => [host, error.code, error.place.path])).toEqual([['n', 'ambiguous', '$.items[1]']]);
    const feature = nodeFeatureObject('n', MODERN);
    expect((await read(list(feature, feature))).errors.map(({ error }) => error.code)).toEqual(['ambiguous']);
    // Those of two makers are one.
    const other = { ...feature, metadata: { ...(feature.metadata as object), namespace: 'elsewhere' } };
    expect((await read(list(feature, other))).hosts).toHaveLength(1);
  });

  it('errors in YAML say the line', async () => {
    const { errors } = await read(
      `kind: List\nitems:\n- kind: Node\n  metadata:\n    name: a\n- kind: Node\n  metadata:\n    name: A_B\n`,
    );
    expect(errors.map(({ error }) => error.place.line)).toEqual([3, 6]);
    expect((await refusal(read('kind: Node\n\tmetadata: x\n'))).place.line).toBe(2);
  });

  it('a text without any node is refused', async () => {
    expect((await refusal(read({ kind: 'NodeList', items: [] }))).message).toContain('an empty list');
    expect((await refusal(read({ kind: 'PodList', items: [] }))).message).toContain('kind "PodList"');
    expect((await refusal(read({ kind: 'NodeList', items: {} }))).place.path).toBe('$.items');
    expect((await refusal(read('{"kind": "Node", '))).code).toBe('bad-host');
  });
});

describe('hostile objects', () => {
  it('keys of the prototype are names like others', async () => {
    const text = `{"kind":"Node","__proto__":{"kind":"Pod"},"metadata":{"name":"n","labels":{"__proto__":"true","constructor":"true","feature.node.kubernetes.io/cpu-cpuid.__proto__":"true","feature.node.kubernetes.io/cpu-cpuid.X87":"true"}},"status":{"nodeInfo":{"architecture":"amd64"}}}`;
    const { hosts, errors } = await read(text);
    expect(errors).toEqual([]);
    expect(hosts[0]?.features.get('fpu')?.presence).toBe('present');
    expect(hosts[0]?.features.size).toBe(173);
  });

  it('two hundred thousand labels, and a document nested a hundred thousand deep', async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 200_000 }, (_, index) => [`feature.node.kubernetes.io/cpu-cpuid.X${index}`, 'true']),
    );
    const { errors } = await read(nodeObject('n', { ...labelsOf(MODERN), ...labels }));
    expect(errors.map(({ error }) => error.message).join()).toContain('an object of at most 65536 entries');
    const deep = `{"kind":"Node","metadata":{"name":"n","labels":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
    expect((await read(deep)).errors.map(({ error }) => error.code)).toEqual(['bad-host']);
    expect((await refusal(read(`kind: Node\nmetadata: ${'['.repeat(100_000)}${']'.repeat(100_000)}\n`))).code).toBe('bad-host');
  });

  it('over the ceilings', async () => {
    const small = { ...DEFAULT_LIMITS, nodes: 2, yamlBytes: 20 };
    const three = JSON.stringify(list({ kind: 'Node' }, { kind: 'Node' }, { kind: 'Node' }));
    expect((await refusal(hostsFromKubernetes('x', three, small))).code).toBe('over-limit');
    expect((await refusal(hostsFromKubernetes('x', 'kind: Node\nmetadata:\n  name: n\n', small))).code).toBe('over-limit');
  });

  it('long values and contradictions inside a node are errors of that node', async () => {
    const long = labelled(MODERN, { 'feature.node.kubernetes.io/cpu-model.id': '9'.repeat(10_000) });
    expect((await read(long)).errors.map(({ error }) => error.code)).toEqual(['bad-host']);
    const twofold = nodeObject('n', { ...labelsOf(MODERN), 'kubernetes.io/arch': 'arm64' });
    expect((await read(twofold)).errors.map(({ error }) => error.code)).toEqual(['bad-host']);
  });

  it('labels of ckpt that only one of two objects has, or has otherwise, prove nothing, present or absent', async () => {
    const label = (name: string): string => `ckpt.feature.node.kubernetes.io/${name}`;
    const own = (more: Readonly<Record<string, string>>): Record<string, string> => ({
      [label('vocabulary')]: 'v1',
      [label('features-through')]: '20990101',
      [label('arch')]: 'amd64',
      [label('cpu.avx2')]: 'true',
      ...more,
    });
    const feature = nodeFeatureObject('n', []);
    (feature as { spec: { labels: object } }).spec.labels = own({
      [label('cpu.avx512f')]: 'true',
      [label('cpu.adx')]: 'unknown',
    });
    const { hosts } = await read(list(nodeObject('n', own({ [label('cpu.adx')]: 'true' })), feature));
    const presence = (name: string): string | undefined => hosts[0]?.features.get(name)?.presence;
    expect(['avx2', 'avx512f', 'adx', 'gfni'].map(presence)).toEqual(['present', 'unknown', 'unknown', 'absent']);
    expect(hosts[0]?.notes.join()).toContain('do not agree on these labels');
  });

  it('labels of ckpt that those of NFD contradict in one thing count in nothing else', async () => {
    const label = (name: string): string => `ckpt.feature.node.kubernetes.io/${name}`;
    const own = {
      [label('vocabulary')]: 'v1',
      [label('features-through')]: '20990101',
      [label('arch')]: 'amd64',
      [label('cache-line')]: '64',
      [label('xcr0.set')]: '0x7',
      [label('use-xsave')]: 'true',
      [label('runsc-version')]: 'release-20260817.0',
      ...Object.fromEntries(
        'fpu cx8 fxsr syscall xsave osxsave avx avx2 adx xsaveopt sha_ni clwb'
          .split(' ')
          .map((name) => [label(`cpu.${name}`), 'true']),
      ),
    };
    const presence = (host: Host | undefined): (string | undefined)[] =>
      ['adx', 'sha_ni', 'clwb', 'smx'].map((name) => host?.features.get(name)?.presence);
    const [agreeing] = (await read(labelled([...MODERN, 'SHA'], own))).hosts;
    expect(presence(agreeing)).toEqual(['present', 'present', 'present', 'absent']);
    expect(agreeing?.cacheLine.value).toBe(64);
    const [old] = (await read(labelled(MODERN, own))).hosts;
    expect(presence(old)).toEqual(['present', 'unknown', 'unknown', 'unknown']);
    expect([old?.cacheLine.value, old?.useXsave.value, old?.runscVersion.value]).toEqual([null, null, null]);
    expect(old?.xcr0Known).toEqual({ set: 0n, clear: 0n });
    expect(old?.notes.join()).toMatch(/contradict those of others.*sha_ni.*ckpt host labels/);
  });

  it('labels that a merge key of YAML brings are refused, for they would be missing', async () => {
    const yaml = `kind: Node\napiVersion: v1\nbase: &b {feature.node.kubernetes.io/cpu-cpuid.AVX: "true"}\nmetadata:\n  name: n\n  labels:\n    <<: *b\n    kubernetes.io/arch: amd64\n`;
    expect((await read(yaml)).errors.map(({ error }) => error.message).join()).toMatch(/merge keys of YAML.*kubectl get nodes/);
  });

  it('a label that two objects give different values is left out and noted', async () => {
    const feature = nodeFeatureObject('n', ['X87']);
    (feature as { spec: { labels: object } }).spec.labels = { 'feature.node.kubernetes.io/cpu-model.family': '25' };
    const { hosts } = await read(list(labelled(MODERN, { 'feature.node.kubernetes.io/cpu-model.family': '6' }), feature));
    expect(hosts[0]?.identity?.family ?? null).toBeNull();
    expect(hosts[0]?.notes.join()).toContain('do not agree on these labels: feature.node.kubernetes.io/cpu-model.family');
  });
});
