/** The gate `host-files` over real images: with a made-up tree of just the files that it lists it passes, and with one less it names that one. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CheckResult, check } from '../../src/index.ts';
import { HAS_SHARED, imageOf, sharedImages } from '../support/shared-fixtures.ts';

const scratch = mkdtempSync(join(tmpdir(), 'ckpt-host-files-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Gate = CheckResult['gates'][number];
type Details = Extract<Gate['reasons'][number], { code: 'CKPT1858' }>['details'];

async function gateOf(name: string, rootfs: readonly string[] = [], mounts: readonly string[] = []): Promise<Gate | undefined> {
  const { results } = await check({ images: [imageOf(name)], runsc: 'never', probe: false, rootfs, mounts });
  return results[0]?.gates.find(({ id }) => id === 'host-files');
}

/** Makes a directory with these files. */
function build(directory: string, files: Details['files']): void {
  for (const { path, type, deleted } of files) {
    const place = join(directory, path);
    if (deleted) continue;
    mkdirSync(type === 'directory' ? place : dirname(place), { recursive: true });
    if (type === 'symlink') symlinkSync('nowhere', place);
    else if (type !== 'directory') writeFileSync(place, '');
  }
}

const images = sharedImages().filter((name) => !name.includes('/fscheckpoint'));

describe.skipIf(!HAS_SHARED)('the files that images hold', () => {
  it.each(images)('%s', async (name) => {
    const listed = await gateOf(name);
    const mounts = listed?.reasons.flatMap((because) => (because.code === 'CKPT1858' ? [because.details] : [])) ?? [];
    expect(listed?.outcome).toBe('not-checked');
    expect(mounts.length).toBe(listed?.reasons.length);
    expect(mounts.some(({ mount, files }) => mount === '/' && files.length > 1)).toBe(true);
    for (const { files } of mounts)
      expect(files.every(({ type }) => ['regular', 'directory', 'symlink'].includes(type))).toBe(true);

    const trees = mounts.map(({ container, mount, files }, index) => {
      const directory = join(scratch, name.replaceAll('/', '-'), String(index));
      build(directory, files);
      return { directory, files, mount, option: `${container === null ? '' : `${container}${mount === '/' ? '' : ':'}`}` };
    });
    const roots = trees.flatMap(({ mount, option, directory }) =>
      mount === '/' ? [option === '' ? directory : `${option}=${directory}`] : [],
    );
    const others = trees.flatMap(({ mount, option, directory }) => (mount === '/' ? [] : [`${option}${mount}=${directory}`]));
    expect(await gateOf(name, roots, others)).toEqual({ id: 'host-files', outcome: 'pass', reasons: [] });

    for (const { directory, files, mount } of trees) {
      const victim = files.findLast(({ type, deleted }) => type !== 'directory' && !deleted);
      if (victim === undefined) continue;
      rmSync(join(directory, victim.path));
      const gate = await gateOf(name, roots, others);
      expect(gate?.outcome).toBe('fail');
      expect(gate?.reasons).toMatchObject([
        { code: 'CKPT1851', details: { mount, directory, files: [{ path: victim.path, why: 'ENOENT' }] } },
      ]);
      build(directory, [victim]);
    }
  });
});
