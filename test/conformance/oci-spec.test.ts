/** The specs with which the real images were saved fit them; changed in one place, they do not, and that place is named. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CheckOptions, check } from '../../src/check.ts';
import type { CheckResult, GateResult } from '../../src/restore/result.ts';
import { HAS_SHARED, imageOf, shared, sharedImages, truthOf } from '../support/shared-fixtures.ts';

type Json = Record<string, unknown>;

const folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Images with the specs that they were saved with, in the order in which their containers were made. */
const images = sharedImages()
  .map((name) => ({ name, files: truthFiles(name) }))
  .filter(({ name, files }) => files.length > 0 && readdirSync(imageOf(name)).includes('checkpoint.img'));

function truthFiles(name: string): string[] {
  if (truthOf(name, 'ps.txt') === null && truthOf(name, 'config.json') === null && truthOf(name, 'config-pod-a.json') === null)
    return [];
  const truth = shared('images', name, 'truth');
  return readdirSync(truth)
    .filter((file) => /^config.*\.json$/.test(file))
    .sort()
    .map((file) => join(truth, file));
}

async function answers(name: string, specs: readonly string[], more: Partial<CheckOptions> = {}): Promise<CheckResult> {
  const hosts = [shared('hosts', 'turin', 'cpuid.txt')];
  const document = await check({ images: [imageOf(name)], hosts, specs, network: 'none', probe: false, runsc: 'never', ...more });
  const [result] = document.results;
  if (result === undefined) throw new Error(`${name}: ${JSON.stringify(document.errors)}`);
  return result;
}

async function gateOf(name: string, specs: readonly string[], more: Partial<CheckOptions> = {}): Promise<GateResult> {
  const gate = (await answers(name, specs, more)).gates.find(({ id }) => id === 'oci-spec');
  if (gate === undefined) throw new Error('no such gate');
  return gate;
}

let written = 0;

function edited(path: string, edit: (config: Json) => void): string {
  const config = JSON.parse(readFileSync(path, 'utf8')) as Json;
  edit(config);
  const copy = join(folder, `config-${written++}.json`);
  writeFileSync(copy, JSON.stringify(config));
  return copy;
}

const part = (config: Json, name: string): Json => config[name] as Json;
const list = (value: unknown): Json[] => value as Json[];

/** A change in one place, and what the answer names. */
const MUTATIONS: readonly (readonly [field: string, edit: (config: Json) => void])[] = [
  ['ociVersion', (config) => Object.assign(config, { ociVersion: '1.2.1' })],
  ['root.readonly', (config) => Object.assign(part(config, 'root'), { readonly: part(config, 'root')['readonly'] !== true })],
  ['process.terminal', (config) => Object.assign(part(config, 'process'), { terminal: true })],
  ['process.cwd', (config) => Object.assign(part(config, 'process'), { cwd: '/elsewhere' })],
  ['process.user', (config) => Object.assign(part(config, 'process'), { user: { uid: 4711, gid: 0 } })],
  ['process.args', (config) => list(part(config, 'process')['args']).push('more' as unknown as Json)],
  ['process.rlimits', (config) => Object.assign(part(config, 'process'), { rlimits: [] })],
  [
    'process.capabilities.effective',
    (config) => Object.assign(part(part(config, 'process'), 'capabilities'), { effective: ['CAP_SYS_ADMIN'] }),
  ],
  ['process.noNewPrivileges', (config) => Object.assign(part(config, 'process'), { noNewPrivileges: true })],
  ['mounts["/proc"].options', (config) => Object.assign(list(config['mounts'])[0] as Json, { options: ['ro'] })],
  ['mounts["/new"]', (config) => list(config['mounts']).push({ destination: '/new', type: 'tmpfs', source: 'tmpfs' })],
  [
    'annotations["dev.gvisor.other"]',
    (config) => Object.assign(config, { annotations: { ...part(config, 'annotations'), 'dev.gvisor.other': '1' } }),
  ],
  ['linux.namespaces', (config) => list(part(config, 'linux')['namespaces']).pop()],
  [
    'linux.sysctl["net.core.somaxconn"]',
    (config) => Object.assign(part(config, 'linux'), { sysctl: { 'net.core.somaxconn': '1' } }),
  ],
  ['linux.seccomp', (config) => Object.assign(part(config, 'linux'), { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } })],
  [
    'linux.devices["/dev/fuse"]',
    (config) => Object.assign(part(config, 'linux'), { devices: [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }] }),
  ],
  ['linux.maskedPaths', (config) => Object.assign(part(config, 'linux'), { maskedPaths: ['/proc/kcore'] })],
];

/** Changes that runsc does not look at. */
const HARMLESS: readonly ((config: Json) => void)[] = [
  (config) => Object.assign(part(config, 'process'), { env: ['OTHER=1'] }),
  (config) => Object.assign(config, { hostname: 'other', domainname: 'other', hooks: {} }),
  (config) => Object.assign(part(config, 'root'), { path: '/other' }),
  (config) => list(config['mounts']).reverse(),
  (config) => list(part(config, 'linux')['namespaces']).reverse(),
  (config) => Object.assign(part(config, 'linux'), { cgroupsPath: '/other', resources: { pids: { limit: 1 } } }),
];

/** The first release that compares fields. */
const compares = (name: string): boolean => !(Number(name.slice(0, 8)) < 20241028);

describe.runIf(HAS_SHARED)('specs of real images', () => {
  it('are there', () => {
    expect(images.length).toBeGreaterThan(30);
    expect(images.filter(({ name }) => compares(name)).length).toBeGreaterThan(18);
  });

  it.each(images)('$name fits the specs it was saved with', async ({ name, files }) => {
    const result = await answers(name, files);
    const gate = result.gates.find(({ id }) => id === 'oci-spec');
    expect(gate?.outcome).toBe(Number(name.slice(0, 8)) < 20240913 ? 'not-applicable' : 'pass');
    // Whether a split checkpoint is restored depends on a flag of runsc.
    if (/^\d{8}/.test(name)) expect(result.verdict).toBe(name.includes('splitfs') ? 'unknown' : 'restorable');
    expect(JSON.stringify(gate)).not.toMatch(/hunter2|PATH=/);
  });

  it.each(images.filter(({ name }) => compares(name)))('$name does not fit them changed', async ({ name, files }) => {
    for (const [changed, path] of files.entries()) {
      for (const [field, edit] of MUTATIONS) {
        const copy = edited(path, edit);
        const gate = await gateOf(
          name,
          files.map((file, index) => (index === changed ? copy : file)),
        );
        const differences = gate.reasons.flatMap(({ details }) => ('differences' in details ? details.differences : []));
        expect([gate.outcome, ...differences.map((difference) => difference.field)], `${name}: ${field}`).toEqual([
          'fail',
          field,
        ]);
      }
      const harmless = edited(path, (config) => {
        for (const edit of HARMLESS) edit(config);
      });
      const gate = await gateOf(
        name,
        files.map((file, index) => (index === changed ? harmless : file)),
      );
      expect(gate.outcome, name).toBe('pass');
    }
  });

  it('are answered by the policy', async () => {
    const name = '20260817/sh-none';
    const copy = edited(shared('images', name, 'truth', 'config.json'), (config) =>
      Object.assign(part(config, 'process'), { cwd: '/x' }),
    );
    const result = await answers(name, [copy]);
    expect([result.verdict, result.firstFailure, result.runscError]).toEqual([
      'blocked',
      'oci-spec',
      'failed to handle restore spec validation: failed to validate restore spec: failed to validate spec for container "__no_name_0": "Cwd" does not match across checkpoint restore for container: "__no_name_0", checkpoint "/" restore "/x"',
    ]);
    expect((await answers(name, [copy], { specPolicy: 'warning' })).verdict).toBe('restorable');
    expect((await answers(name, [], { require: ['oci-spec'] })).verdict).toBe('unknown');
  });

  it('are matched by name in a pod', async () => {
    const name = '20260817/pod-none';
    const [first = '', second = ''] = images.find((image) => image.name === name)?.files ?? [];
    expect((await gateOf(name, [first])).outcome).toBe('not-checked');
    expect((await gateOf(name, [`worker=${second}`])).outcome).toBe('not-checked');
    expect((await gateOf(name, [second, first])).outcome).toBe('fail');
    expect((await gateOf(name, [`worker=${second}`, `__no_name_0=${first}`])).outcome).toBe('pass');
  });
});
