/** `diff` of pairs of real images: what really differs, and nothing else. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DiffDocument, diff } from '../../src/diff.ts';
import { renderJson } from '../../src/report/json.ts';
import { ckpt } from '../cli/run-ckpt.ts';
import { strictSchema } from '../cli/strict-schema.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

const images = sharedImages().filter((name) => !name.includes('/fscheckpoint'));
const published = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/schema/diff@1.schema.json'), 'utf8'));
const isDiff = new Ajv2020({ allErrors: true }).compile(strictSchema(published) as object);

async function compared(a: string, b: string): Promise<DiffDocument> {
  const document = await diff(imageOf(a), imageOf(b));
  expect(isDiff(document), JSON.stringify(isDiff.errors?.slice(0, 3))).toBe(true);
  expect(JSON.parse(renderJson(document))).toEqual(document);
  return document;
}

/** `section: subject field: a → b` */
function rows({ differences }: DiffDocument): string[] {
  return differences.map(({ section, change, subject, field, a, b }) => {
    const sign = change === 'changed' ? '' : change === 'added' ? '+' : '-';
    return `${section}: ${sign}${subject}${field === null || field === 'value' ? '' : ` ${field}`}: ${a} → ${b}`;
  });
}

describe.runIf(HAS_SHARED)('an image and itself', () => {
  it.each(images)('%s', async (name) => {
    const key = truthOf(name, 'key.txt');
    const document = await diff(imageOf(name), imageOf(name), key === null ? {} : { key });
    expect(document).toMatchObject({ same: true, differences: [] });
    expect(isDiff(document), JSON.stringify(isDiff.errors?.slice(0, 3))).toBe(true);
  });

  it('exits with 0, also with --exit-code', () => {
    const image = imageOf('20260817/kitchen');
    for (const more of [[], ['--exit-code']])
      expect(ckpt(['diff', image, image, ...more])).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining('No difference in what matters.'),
      });
  });
});

const COMPRESSION = 'image: compression: none → flate-best-speed';
const PLACE = 'image: pages: separate → inline';

describe.runIf(HAS_SHARED)('one workload with and without compression', () => {
  it.each([
    // Before 2024-04-24 pages are always in the state file.
    ['20240401', [COMPRESSION]],
    ['20240729', [COMPRESSION, PLACE]],
    ['20250415', [COMPRESSION, PLACE]],
    ['20260415', [COMPRESSION, PLACE]],
    ['20260815', [COMPRESSION, PLACE]],
    ['20260817', [COMPRESSION, PLACE]],
  ])('%s differs in that only', async (date, expected) => {
    expect(rows(await compared(`${date}/sh-none`, `${date}/sh-flate`))).toEqual(expected);
  });

  it('differs in the CPU and in nothing of the container on another CPU', async () => {
    const document = await compared('20260817-cpu/on-qemu-Haswell', '20260817-cpu/on-qemu-IvyBridge');
    const sections = new Set(document.differences.map(({ section }) => section));
    expect(sections).toContain('cpu');
    for (const section of ['containers', 'files', 'mounts', 'sockets', 'network', 'objects'])
      expect(sections).not.toContain(section);
  });
});

describe.runIf(HAS_SHARED)('different sandboxes', () => {
  it('levelled and not: the features that the annotation dropped, and the annotation', async () => {
    const document = await compared('20260817/sh-none', '20260817/levelled');
    const [features, ...others] = document.differences;
    expect(features).toEqual({
      section: 'cpu',
      change: 'removed',
      subject: 'features',
      field: null,
      a: expect.arrayContaining(['avx512f', 'vaes', 'gfni']),
      b: null,
    });
    expect(rows({ ...document, differences: others }).map((row) => row.replace(/: [^:]+ → .*/, ''))).toEqual([
      'cpu: x86-64 level',
      'cpu: AT_HWCAP',
      'cpu: AT_HWCAP2',
      'cpu: levelled',
      'containers: container __no_name_0 annotations.dev.gvisor.internal.cpufeatures',
    ]);
  });

  it('read-only and writable root: the overlay, its file and its memory', async () => {
    const found = rows(await compared('20260817/sh-none', '20260817/shrw-none'));
    expect(found.length).toBeLessThan(30);
    for (const row of [
      'containers: container __no_name_0 root.readonly: true → null',
      'files: +process 1 sh, descriptor 5: null → /tmp/w/note.txt',
      'mounts: / of __no_name_0 type: 9p → overlay',
      'memory: +memory file of __no_name_0:/: null → 4096',
      'objects: +pkg/sentry/fsimpl/overlay.filesystem: null → 1',
    ])
      expect(found).toContain(row);
  });

  it('one container and two: the container, its processes and its mounts', async () => {
    const document = await compared('20260817/sh-none', '20260817/pod-none');
    const found = rows(document);
    expect(found).toContain('image: containers: 1 → 2');
    expect(found).toContain('containers: +container worker: null → null');
    expect(found).toContain('processes: +process 5 sleep: null → sleep,1');
    expect(found.filter((row) => row.startsWith('mounts: '))).toHaveLength(7);
    expect(found.length).toBeLessThan(60);
  });

  it('of two releases: what a release does not say is no difference', async () => {
    const document = await compared('20240729/sh-none', '20260817/sh-none');
    expect(document.a.unavailable.map(({ section }) => section)).toEqual(['containers']);
    expect(document.b.unavailable).toEqual([]);
    expect(rows(document)[0]).toBe('image: runsc version: release-20240715.0 by its types → release-20260817.0');
    const sections = new Set(document.differences.map(({ section }) => section));
    for (const section of ['containers', 'processes', 'files', 'network']) expect(sections).not.toContain(section);
    expect(document.differences.length).toBeLessThan(16);
  });
});

describe.runIf(HAS_SHARED)('the command', () => {
  const [NONE, FLATE] = [imageOf('20260817/sh-none'), imageOf('20260817/sh-flate')];
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ckpt-diff-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('exits with 1 for images that differ when it is asked to', () => {
    expect(ckpt(['diff', NONE, FLATE]).code).toBe(0);
    expect(ckpt(['diff', NONE, FLATE, '--exit-code'])).toMatchObject({ code: 1, stderr: '' });
    expect(ckpt(['diff', NONE, NONE, '--exit-code']).code).toBe(0);
  });

  it('compares what could be read of a damaged image, and exits with 3', () => {
    const cut = join(dir, 'cut.state');
    // Pages are behind the graphs in this file.
    const whole = imageOf('20240401/sh-none');
    const bytes = readFileSync(join(whole, 'checkpoint.img'));
    writeFileSync(cut, bytes.subarray(0, bytes.length - 1000));
    const run = ckpt(['diff', whole, cut, '--json', '--exit-code']);
    const document = JSON.parse(run.stdout) as DiffDocument;
    expect(run.code).toBe(3);
    expect(run.stderr).toContain(cut);
    expect(isDiff(document), JSON.stringify(isDiff.errors?.slice(0, 3))).toBe(true);
    expect(document.b.damage).not.toBeNull();
    // The kernel graph is before the pages: all of it is compared.
    expect(document).toMatchObject({ same: false, differences: [] });
    expect(ckpt(['diff', whole, cut]).stdout).toContain('No difference in what could be read.');
    const cutEarly = join(dir, 'early.state');
    writeFileSync(cutEarly, bytes.subarray(0, 300_000));
    // The CPU is before it, and nothing else: what was not read is no difference.
    expect(ckpt(['diff', whole, cutEarly])).toMatchObject({ code: 3, stdout: expect.stringContaining('No difference in what') });
  });

  it('says which image cannot be read at all', () => {
    expect(ckpt(['diff', NONE, join(dir, 'nothing')])).toMatchObject({ code: 3, stdout: '' });
    expect(ckpt(['diff', NONE]).code).toBe(2);
  });
});
