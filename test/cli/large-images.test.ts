/** Images with more than a person can read: the text stays short and says so, JSON has all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, writeImage } from '../support/image-builder.ts';
import { ckpt, ON_MILAN } from './run-ckpt.ts';

const MANY = 1500;
const VERSION = '9'.repeat(100_000);
const range = (length: number) => Array.from({ length }, (_, index) => index);

let dir = '';
let images: Readonly<Record<'mounts' | 'containers' | 'ordinary', string>>;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-large-'));
  images = { mounts: join(dir, 'mounts'), containers: join(dir, 'containers'), ordinary: join(dir, 'ordinary') };
  const spec = (mounts: number) => ({
    ociVersion: '1.0',
    process: {
      args: ['sh', ...range(mounts).map((index) => `argument-${index}`)],
      cwd: '/',
      env: range(mounts).map((index) => `NAME_${index}=1`),
    },
    root: { path: '/' },
    mounts: range(mounts).map((index) => ({ destination: `/var/run/secrets/volume-${index}`, type: 'bind' })),
    annotations: Object.fromEntries(range(mounts).map((index) => [`example.org/${index}`, 'x'])),
  });
  writeImage(images.ordinary, buildImage({ containerSpecs: { test: spec(125) } }));
  writeImage(
    images.mounts,
    buildImage({
      runscVersion: VERSION,
      containerSpecs: { test: spec(MANY) },
      processes: range(MANY).map((index) => ({
        pid: index + 1,
        name: `process-${index}`,
        containerId: 'test',
        threads: [{ tid: index + 1, name: 'main', fpu: { xstateBv: 7n } }],
      })),
    }),
  );
  const specs = Object.fromEntries(range(MANY).map((index) => [`container-${index}`, spec(0)]));
  writeImage(images.containers, buildImage({ containerSpecs: specs, metadata: { container_count: '9'.repeat(1_000_000) } }));
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true }));

const MORE = /… and (\d+) more \(--json has all\)/g;
const unwrapped = (text: string) => text.replace(/\s+/g, ' ');

describe('inspect', () => {
  test('shows an ordinary image whole', () => {
    const text = unwrapped(ckpt(['inspect', images.ordinary, '--all']).stdout);
    expect(text).not.toContain('…');
    for (const name of ['argument-124', 'NAME_124', '/var/run/secrets/volume-124', 'example.org/124=x'])
      expect(text).toContain(name);
  });

  test.each([
    [[], []],
    // Also the threads.
    [['--all'], ['500']],
  ])('shows the first 1000 of each list, with %j', (options, more) => {
    const { stdout, stderr, code } = ckpt(['inspect', images.mounts, ...options]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const text = unwrapped(stdout);
    // Arguments (one is `sh`), environment, mounts, annotations, processes, floating-point states.
    expect([...text.matchAll(MORE)].map(([, count]) => count)).toEqual([...['501', '500', '500', '500', '500', '500'], ...more]);
    expect(text).toContain(`saved floating-point state (${MANY} threads)`);
    expect(text).toContain('/var/run/secrets/volume-999 (bind) … and');
    expect(text).not.toContain('volume-1000 ');
    expect(text).toContain('… (100000 characters)');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(2 + 16 + 4096);
  });

  test('shows the first 1000 containers', () => {
    const { stdout } = ckpt(['inspect', images.containers, '--section', 'containers']);
    expect(stdout.match(/^ {2}name +container-\d+$/gm)).toHaveLength(1000);
    expect(stdout.endsWith('\n\n  … and 500 more (--json has all)\n')).toBe(true);
  });

  test('shows one of many processes, and of the others their ids', () => {
    const { stdout, code } = ckpt(['inspect', images.mounts, '--pid', '1400']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Process 1400: main$/m);
    expect(stdout.match(/^Process /gm)).toHaveLength(1);
    const run = ckpt(['inspect', images.mounts, '--pid', '9999']);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/it has 1, 2, .*, 20, …\n$/) });
  });

  test('has all of it in JSON', () => {
    const { image, containers, processes } = JSON.parse(ckpt(['inspect', images.mounts, '--json']).stdout);
    expect(image.runscVersion).toBe(VERSION);
    expect(containers[0].mounts).toHaveLength(MANY);
    expect(processes).toHaveLength(MANY);
  });
});

describe('check', () => {
  test.each(['mounts', 'containers'] as const)('says in short what %s says at length', (name) => {
    const { stdout, code } = ckpt(['check', images[name], ...ON_MILAN, '--runsc-version', 'release-20260817.0']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/… \(\d+ characters\)/);
    expect(stdout.length).toBeLessThan(40_000);
    expect(ckpt(['check', images[name], ...ON_MILAN, '--json']).stdout.length).toBeGreaterThan(100_000);
  });
});
