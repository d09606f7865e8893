/** `inspect` as a whole over every real image: complete, valid by its schema, without secrets, and filtered by process and container. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../../src/inspect.ts';
import { type InspectDocument, SECTIONS, type Section } from '../../src/inspection/document.ts';
import { renderInspectText } from '../../src/report/inspect-text.ts';
import { renderJson } from '../../src/report/json.ts';
import { ckpt } from '../cli/run-ckpt.ts';
import { strictSchema } from '../cli/strict-schema.ts';
import { HAS_SHARED, imageOf, shared, sharedImages, truthOf } from '../support/shared-fixtures.ts';

/** Filesystem checkpoints hold files only. */
const images = sharedImages().filter((name) => !name.includes('/fscheckpoint'));
const KITCHEN = '20260817/kitchen';
const PODS = ['20240729/pod-none', '20260817/pod-none'];
const MARKER = 'hunter2-marker';

const published = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/schema/image@1.schema.json'), 'utf8'));
const isImage = new Ajv2020({ allErrors: true }).compile(strictSchema(published) as object);

const everything = (name: string, showEnv = false): Promise<InspectDocument> =>
  inspect(imageOf(name), { ...keyOf(name), showEnv });

function keyOf(name: string): { readonly key?: Uint8Array } {
  const key = truthOf(name, 'key.txt');
  return key === null ? {} : { key };
}

const textOf = (document: InspectDocument, details = false): string =>
  renderInspectText(document, { color: false, width: 1_000_000, all: true, summary: true, details });

/** The releases before 2024-09-16 save no OCI specs. */
const holdsSpecs = (name: string): boolean => !/^(2022|20240[1-8])/.test(name);

describe.runIf(HAS_SHARED)('every real image', () => {
  it.each(images)('%s gives every section in full', async (name) => {
    const document = await everything(name);
    expect(document.incomplete).toEqual([]);
    expect(document.damage).toBeNull();
    const { schema: _, image: __, metadata, incomplete: ___, unavailable, damage: ____, kernel, ...sections } = document;
    expect(Object.keys(sections)).toEqual(SECTIONS.filter((section) => section !== 'summary'));
    expect(metadata).toBeDefined();
    expect(kernel?.processes).toBe(document.processes?.filter(({ pid }) => pid !== null).length);
    expect(document.containers === null).toBe(!holdsSpecs(name));
    expect(unavailable.map(({ section }) => section)).toEqual(holdsSpecs(name) ? [] : ['containers']);
    for (const { pid, argv, exe, cwd, state } of document.processes ?? []) {
      if (pid === null || state === 'Z') continue;
      expect(argv?.length).toBeGreaterThan(0);
      expect([exe, cwd]).toEqual([expect.stringMatching(/^\//), expect.stringMatching(/^\//)]);
    }
    expect(JSON.parse(renderJson(document))).toEqual(document);
    expect(isImage(document), JSON.stringify(isImage.errors?.slice(0, 3))).toBe(true);
    // Text shows each section, also an empty one.
    expect(textOf(document).match(/^[A-Z][a-z].*$/gm)?.length).toBeGreaterThanOrEqual(SECTIONS.length - 3);
  });

  it.each(images)('%s shows no value of an environment variable', async (name) => {
    const document = await everything(name);
    const outputs = [renderJson(document), textOf(document), textOf(document, true)];
    const config = specsOf(name);
    for (const value of config.values) for (const output of outputs) expect(output).not.toContain(value);
    for (const output of outputs) expect(output).not.toContain(MARKER);
    const names = document.processes?.flatMap(({ env }) => env ?? []) ?? [];
    for (const variable of names) expect(variable).not.toContain('=');
  });

  it.each(images.filter((name) => specsOf(name).values.length > 0))('%s shows them when asked', async (name) => {
    const output = renderJson(await everything(name, true));
    for (const value of specsOf(name).values) expect(output).toContain(value);
  });
});

/** The values of environment variables in the specs that an image was made with, and that occur nowhere else in them. */
function specsOf(name: string): { readonly values: readonly string[] } {
  const folder = shared('images', name, 'truth');
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^config.*\.json$/.test(file)) : [];
  const specs = files.map((file) => JSON.parse(String(truthOf(name, file))) as { process?: { env?: string[] } });
  const values = specs.flatMap(({ process }) => (process?.env ?? []).map((entry) => entry.slice(entry.indexOf('=') + 1)));
  const others = JSON.stringify(specs.map(({ process, ...rest }) => ({ ...rest, process: { ...process, env: [] } })));
  return { values: values.filter((value) => value.length > 3 && !others.includes(value)) };
}

describe.runIf(HAS_SHARED)('the secret of the kitchen', () => {
  it('is in no output unless asked', () => {
    const image = imageOf(KITCHEN);
    for (const more of [[], ['--all'], ['--json'], ['--pid', '6'], ['--section', SECTIONS.join(',')]])
      expect(ckpt(['inspect', image, ...more]).stdout).not.toContain(MARKER);
    expect(ckpt(['diff', image, imageOf('20260817/sh-none'), '--all']).stdout).not.toContain(MARKER);
    expect(ckpt(['diff', image, imageOf('20260817/sh-none'), '--json']).stdout).not.toContain(MARKER);
  });

  it('is shown when asked', () => {
    const image = imageOf(KITCHEN);
    expect(ckpt(['inspect', image, '--json', '--show-env']).stdout).toContain(`"SECRET_TOKEN=${MARKER}"`);
    expect(ckpt(['inspect', image, '--pid', '6', '--show-env']).stdout).toContain(`SECRET_TOKEN=${MARKER}`);
    expect(ckpt(['inspect', image, '--pid', '1', '--show-env']).stdout).not.toContain(MARKER);
  });
});

describe.runIf(HAS_SHARED)('--pid', () => {
  it('shows one process and what is its own', async () => {
    const document = await inspect(imageOf(KITCHEN), { pid: 5 });
    expect(document.processes?.map(({ pid }) => pid)).toEqual([5]);
    expect(new Set(document.threads?.map(({ pid }) => pid))).toEqual(new Set([5]));
    expect(document.maps?.map(({ pid }) => pid)).toEqual([5]);
    expect(document.memory?.processes.map(({ pid }) => pid)).toEqual([5]);
    expect(new Set(document.files?.map(({ pid }) => pid))).toEqual(new Set([5]));
    expect(document.sockets?.every(({ holders }) => holders.some(({ pid }) => pid === 5))).toBe(true);
    expect(isImage(document), JSON.stringify(isImage.errors?.slice(0, 3))).toBe(true);
  });

  it('of a zombie and of a process without sockets leaves out what they do not have', async () => {
    const zombie = await inspect(imageOf(KITCHEN), { pid: 4 });
    expect(zombie.processes).toMatchObject([{ pid: 4, state: 'Z', argv: null }]);
    expect([zombie.maps, zombie.files, zombie.sockets]).toEqual([[], [], []]);
    const sleep = await inspect(imageOf(KITCHEN), { pid: 7, sections: ['sockets', 'mounts'] });
    expect(sleep.sockets).toEqual([]);
    expect(sleep.mounts?.map(({ path }) => path)).toContain('/tmp');
  });

  it('that is not there exits with 2 and says what is', () => {
    const run = ckpt(['inspect', imageOf(KITCHEN), '--pid', '999']);
    expect(run).toEqual({ code: 2, stdout: '', stderr: 'ckpt: the image has no process 999; it has 1, 4, 5, 6, 7, 8\n' });
  });
});

describe.runIf(HAS_SHARED).each(PODS)('--container of %s', (name) => {
  let whole: InspectDocument;
  beforeAll(async () => {
    whole = await everything(name);
  });

  it('splits the pod: every process, file, mount and mapping belongs to one container', async () => {
    const names = whole.kernel?.containerNames ?? [];
    expect(names).toHaveLength(2);
    const parts = await Promise.all(names.map((container) => inspect(imageOf(name), { container })));
    const joined = <T>(of: (document: InspectDocument) => readonly T[] | undefined): T[] =>
      parts.flatMap((part) => {
        const items = of(part) ?? [];
        expect(items.length).toBeGreaterThan(0);
        return items;
      });
    const sorted = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).sort();
    const live = whole.processes?.filter(({ pid }) => pid !== null) ?? [];
    expect(sorted(joined(({ processes }) => processes?.filter(({ pid }) => pid !== null)))).toEqual(sorted(live));
    // Descriptors that are the same open file stay in one container.
    expect(sorted(joined(({ files }) => files))).toEqual(sorted(whole.files ?? []));
    expect(sorted(joined(({ mounts }) => mounts))).toEqual(sorted(whole.mounts ?? []));
    expect(sorted(joined(({ maps }) => maps))).toEqual(sorted(whole.maps ?? []));
    for (const [index, container] of names.entries()) {
      expect(new Set(parts[index]?.processes?.map((process) => process.container))).toEqual(new Set([container]));
      expect(new Set(parts[index]?.mounts?.map((mount) => mount.container))).toEqual(new Set([container]));
      expect(parts[index]?.containers?.map((one) => one.name) ?? [container]).toEqual([container]);
    }
  });

  it('takes an id as well, and refuses what is not there', async () => {
    const worker = whole.processes?.find(({ container }) => container === 'worker');
    const byId = await inspect(imageOf(name), {
      container: worker?.containerId ?? '',
      sections: ['processes', 'files', 'mounts'],
    });
    const byName = await inspect(imageOf(name), { container: 'worker', sections: ['processes', 'files', 'mounts'] });
    expect(byId).toEqual(byName);
    const run = ckpt(['inspect', imageOf(name), '--container', 'nope']);
    expect(run.code).toBe(2);
    expect(run.stderr).toBe('ckpt: the image has no process in a container "nope"; its containers are __no_name_0, worker\n');
    const [other] = whole.processes?.filter(({ container }) => container !== 'worker') ?? [];
    expect(ckpt(['inspect', imageOf(name), '--container', 'worker', '--pid', String(other?.pid)]).code).toBe(2);
  });
});

describe.runIf(HAS_SHARED)('sections', () => {
  it.each(SECTIONS)('%s alone is what it is among all', async (section: Section) => {
    const whole = await everything(KITCHEN);
    const alone = await inspect(imageOf(KITCHEN), { sections: [section] });
    const key = section === 'summary' ? 'metadata' : section;
    expect(alone[key]).toEqual(whole[key]);
    const names = ['schema', 'image', 'kernel', 'incomplete', 'unavailable', 'damage', key];
    expect(Object.keys(alone).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('come from standard input as well', async () => {
    // One file: compressed images have their pages in it.
    for (const name of ['20240729/sh-flate', '20260817/sh-flate']) {
      const run = ckpt(['inspect', '-', '--json'], { input: readFileSync(join(imageOf(name), 'checkpoint.img')) });
      expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
      const piped = JSON.parse(run.stdout) as InspectDocument;
      const { image, ...rest } = await everything(name);
      expect({ ...piped, image }).toEqual({ image, ...rest });
    }
  });

  it('that an image cannot give say why, and the others are there', async () => {
    const bare = await inspect(join(imageOf('20260817/sh-none'), 'checkpoint.img'));
    // Beside its page files, a state file is read with them.
    expect(bare.unavailable).toEqual([]);
    const run = ckpt(['inspect', '-', '--json'], { input: readFileSync(join(imageOf('20260817/sh-none'), 'checkpoint.img')) });
    const alone = JSON.parse(run.stdout) as InspectDocument;
    expect(run.code).toBe(0);
    expect(isImage(alone), JSON.stringify(isImage.errors?.slice(0, 3))).toBe(true);
    expect(alone.unavailable.map(({ section }) => section)).toEqual(['processes', 'memory', 'maps']);
    expect(alone.memory).toBeNull();
    expect(alone.processes).toMatchObject([{ pid: 1, argv: null, exe: '/bin/busybox' }, { pid: 3 }]);
    expect(alone.files?.length).toBeGreaterThan(0);
    const text = ckpt(['inspect', imageOf('20221219/sh'), '--section', 'containers']);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout.replace(/\s+/g, ' ')).toContain('releases before release-20240916.0 do not save them');
  });
});
