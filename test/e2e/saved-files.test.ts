import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SavedFile, SavedFileSystem, SavedFileType } from '../../src/filesystem/saved-file.ts';
import { findRunscs, type Runsc, skipWithout } from '../support/runsc.ts';
import { readTrees, type SavedTrees } from '../support/saved-trees.ts';
import {
  ATTRIBUTES,
  createTreeBundle,
  findBusybox,
  mappedContent,
  PLACES,
  SIZES,
  saveTree,
  type TreeBundle,
} from '../support/tree-maker.ts';
import { parseTrees, type SeenFile, type SeenTree } from '../support/tree-truth.ts';

const BUSYBOX = findBusybox();
const RUNSCS =
  process.platform === 'linux' && process.arch === 'x64' && process.getuid?.() === 0 && BUSYBOX !== null
    ? findRunscs(process.env)
    : [];
if (RUNSCS.length === 0)
  console.warn('SKIPPED: no runsc that root could run, or no static busybox; saved files were not compared.');

/** Where the changes of the root are kept. `directory` stands for one of the host, as `self` is; those are saved since 2023-11-29. */
const OVERLAYS = ['root:memory', 'all:memory', 'root:directory', 'root:self', 'none'] as const;
type Overlay = (typeof OVERLAYS)[number];

const TYPES: Readonly<Record<SavedFileType, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
  'character-device': 0o020000,
  'block-device': 0o060000,
};

/** Mounts of the container, by place: there it sees what is mounted. */
const MOUNTS: Readonly<Record<string, readonly string[]>> = {
  '/': ['bound', 'dev', 'limited', 'proc', 'scratch', 'single', 'sys', 'tmp'],
  '/scratch': ['bound', 'unseen'],
};

/** A file in the words of what the container printed. Sizes of what has no content are not compared, nor links to directories. */
function shown(file: SavedFile, links: number, content: (file: SavedFile) => Uint8Array): Partial<SeenFile> {
  const directory = file.type === 'directory';
  return {
    mode: TYPES[file.type] | file.mode,
    uid: file.uid,
    gid: file.gid,
    ...(file.type === 'file' ? { size: file.size, hash: sha256(content(file)) } : {}),
    ...(directory ? {} : { links }),
    major: file.device?.major ?? 0,
    minor: file.device?.minor ?? 0,
    modified: file.modified ?? -1n,
    changed: file.changed ?? -1n,
    target: file.target,
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const first = (file: SavedFile): string => file.linkTo ?? file.path;

function linkCounts({ files }: SavedFileSystem): Map<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(first(file), (counts.get(first(file)) ?? 0) + 1);
  return counts;
}

const isWhiteout = ({ type, device }: SavedFile): boolean =>
  type === 'character-device' && device?.major === 0 && device.minor === 0;

const isOpaque = ({ xattrs }: SavedFile): boolean =>
  xattrs.some(({ name, value }) => name === 'trusted.overlay.opaque' && Buffer.from(value).toString() === 'y');

/** Names of a directory of the host, as deep as they go. */
function hostNames(directory: string, path = ''): string[] {
  return readdirSync(join(directory, path)).flatMap((name) => {
    const below = path === '' ? name : `${path}/${name}`;
    return [below, ...(lstatSync(join(directory, below)).isDirectory() ? hostNames(directory, below) : [])];
  });
}

/** What the container sees at a place, of which the file system holds all, or what lies over a lower layer. */
function expectSame(
  system: SavedFileSystem,
  seen: SeenTree,
  content: SavedTrees['content'],
  lower: readonly string[] | null = null,
): void {
  const links = linkCounts(system);
  const real = system.files.filter((file) => !isWhiteout(file));
  const covered = MOUNTS[system.mountPoint ?? ''] ?? [];
  const compared = real.filter(({ path }) => !covered.includes(path));
  const saved = Object.fromEntries(compared.map((file) => [file.path, shown(file, links.get(first(file)) ?? 0, content)]));
  const visible = Object.fromEntries(
    Object.entries(saved).map(([path, fields]) => {
      const truth: Partial<SeenFile> | undefined = seen.get(path);
      const keys = Object.keys(fields) as (keyof SeenFile)[];
      return [path, truth === undefined ? null : Object.fromEntries(keys.map((key) => [key, truth[key]]))];
    }),
  );
  expect(saved).toEqual(visible);
  const names = new Set(real.map(({ path }) => path));
  const hidden = system.files.filter(isWhiteout).map(({ path }) => path);
  const opaque = real.filter(isOpaque).map(({ path }) => path);
  const through = (lower ?? []).filter(
    (path) =>
      !names.has(path) &&
      !hidden.some((gone) => path === gone || path.startsWith(`${gone}/`)) &&
      !opaque.some((cut) => path.startsWith(`${cut}/`)) &&
      // What lies below a directory that became a file.
      !real.some((file) => file.type !== 'directory' && path.startsWith(`${file.path}/`)),
  );
  expect([...names, ...through].sort()).toEqual([...seen.keys()].sort());
}

function expectOrder({ files }: SavedFileSystem): void {
  const before = new Set<string>();
  const last = new Map<string, Buffer>();
  for (const { path, linkTo } of files) {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? '' : path.slice(0, slash);
    if (path !== '') expect(before.has(parent), `${parent} before ${path}`).toBe(true);
    if (linkTo !== null) expect(before.has(linkTo)).toBe(true);
    const name = Buffer.from(
      [...path.slice(slash + 1)].map((character) => String.fromCodePoint(character.codePointAt(0) ?? 0)).join(''),
    );
    const previous = last.get(parent);
    if (previous !== undefined && path !== '' && !/[\udc80-\udcff]/.test(path))
      expect(Buffer.compare(previous, name)).toBeLessThan(0);
    if (path !== '' && !/[\udc80-\udcff]/.test(path)) last.set(parent, name);
    before.add(path);
  }
}

interface Saved {
  readonly trees: SavedTrees;
  readonly seen: ReadonlyMap<string, SeenTree>;
}

async function save(runsc: Runsc, bundle: TreeBundle, overlay: Overlay): Promise<Saved> {
  const image = join(bundle.directory, 'image');
  const directory = join(bundle.directory, 'upper');
  mkdirSync(directory, { recursive: true });
  const flag = overlay === 'root:directory' ? `root:dir=${directory}` : overlay;
  const output = await saveTree(runsc, bundle, image, [`--overlay2=${flag}`]);
  return { trees: await readTrees(image), seen: parseTrees(output) };
}

skipWithout(RUNSCS);

describe.skipIf(RUNSCS.length === 0).each(RUNSCS.map((runsc) => [runsc.version, runsc] as const))('%s', (_, runsc) => {
  const overlays = OVERLAYS.filter((overlay) => !/^root:(?:self|directory)$/.test(overlay) || (runsc.date ?? '') >= '20231129');

  describe.each(overlays)('--overlay2=%s', (overlay) => {
    let bundle: TreeBundle;
    let lower: readonly string[];
    let boundNames: readonly string[];
    let saved: Saved;
    beforeAll(async () => {
      bundle = createTreeBundle(BUSYBOX ?? '', overlay !== 'none');
      lower = hostNames(bundle.rootfs);
      boundNames = hostNames(bundle.bound);
      saved = await save(runsc, bundle, overlay);
    }, 120_000);
    afterAll(() => bundle?.remove());

    const system = (mountPoint: string | null): SavedFileSystem => {
      const found = saved.trees.systems.filter((one) => one.mountPoint === mountPoint);
      expect(found.map((one) => one.mountPoint)).toEqual([mountPoint]);
      return found[0] as SavedFileSystem;
    };
    const file = (mountPoint: string, path: string): SavedFile => {
      const found = system(mountPoint).files.find((one) => one.path === path);
      expect(found?.path).toBe(path);
      return found as SavedFile;
    };

    it('reads everything', () => {
      expect(saved.trees.damage).toEqual([]);
      expect([...saved.seen.keys()]).toEqual([...PLACES, '/scratch/unseen']);
      for (const tree of saved.seen.values()) expect(tree.size).toBeGreaterThan(1);
      for (const one of saved.trees.systems) expectOrder(one);
    });

    it.skipIf(overlay === 'none')('the changes of the root are what the container sees over its lower layer', () => {
      const root = system('/');
      expect(root.kind).toBe('overlay-upper');
      expectSame(root, saved.seen.get('/') as SeenTree, saved.trees.content, ['', ...lower]);
    });

    it.skipIf(overlay === 'none')('knows what was removed', () => {
      const { files } = system('/');
      const hidden = files.filter(isWhiteout).map(({ path }) => path);
      expect(hidden).toEqual(expect.arrayContaining(['etc/removed']));
      expect(hidden.every((path) => files.find((one) => one.path === path)?.linkTo === null)).toBe(true);
      expect(files.filter(isOpaque).map(({ path }) => path)).toContain('opaque');
    });

    it.skipIf(overlay !== 'none')('has no file system for a root on the host', () => {
      expect(saved.trees.systems.some(({ mountPoint }) => mountPoint === '/')).toBe(false);
    });

    it.each(['/scratch', '/limited'])('%s is what the container sees', (place) => {
      expect(system(place).kind).toBe('tmpfs');
      expectSame(system(place), saved.seen.get(place) as SeenTree, saved.trees.content);
    });

    it('/dev/shm is what the container sees, in whichever file system', () => {
      const seen = saved.seen.get('/dev/shm') as SeenTree;
      const own = saved.trees.systems.find(({ mountPoint }) => mountPoint === '/dev/shm');
      if (own !== undefined) expectSame(own, seen, saved.trees.content);
      else {
        const files = system('/dev').files.filter(({ path }) => path === 'shm' || path.startsWith('shm/'));
        const moved = (path: string): string => path.replace(/^shm\/?/, '');
        const below = files.map((one) => ({
          ...one,
          path: moved(one.path),
          linkTo: one.linkTo === null ? null : moved(one.linkTo),
        }));
        expectSame({ ...system('/dev'), files: below }, seen, saved.trees.content);
      }
    });

    it.skipIf(overlay !== 'all:memory')('mounts of the host have layers too, also one of a single file', () => {
      const bound = system('/bound');
      expect(bound.kind).toBe('overlay-upper');
      expectSame(bound, saved.seen.get('/bound') as SeenTree, saved.trees.content, ['', ...boundNames]);
      const single = system('/single');
      expect(single).toMatchObject({ kind: 'overlay-upper', files: [{ path: '', type: 'file' }] });
      expect(Buffer.from(saved.trees.content(single.files[0] as SavedFile)).toString()).toBe('single\nmore\n');
    });

    it('finds the topmost of two mounts at one place, and below it the one that nobody sees', () => {
      const names = (one: SavedFileSystem): string[] => one.files.map(({ path }) => path);
      expect(names(system('/scratch/unseen'))).toEqual(['', 'top']);
      const unseen = saved.trees.systems.filter(({ mountPoint }) => mountPoint === null).map(names);
      // One covered, one unmounted while a file of it is open.
      expect(unseen).toContainEqual(['', 'file']);
      expect(unseen.filter((all) => all.join() === ',file')).toHaveLength(2);
    });

    it('has the sizes, holes and mapped writes', () => {
      for (const size of SIZES) expect(file('/scratch', `size-${size}`).size).toBe(size);
      expect(file('/scratch', 'hole').extents).toEqual([]);
      expect(file('/scratch', 'sparse').extents.length).toBeGreaterThan(1);
      expect(saved.trees.content(file('/scratch', 'mapped'))).toEqual(mappedContent(bundle.rootfs));
      expect(
        saved.trees
          .content(file('/scratch', 'cut'))
          .subarray(4999)
          .every((byte) => byte === 0),
      ).toBe(true);
      expect(file('/scratch', 'socket').type).toBe('socket');
    });

    it('has the extended attributes', () => {
      const expected = new Map<string, string[][]>();
      for (const [path, name, value] of ATTRIBUTES) expected.set(path, [...(expected.get(path) ?? []), [name, value]]);
      for (const [path, values] of expected) {
        const found = file('/scratch', path).xattrs.map(({ name, value }) => [name, Buffer.from(value).toString('latin1')]);
        expect(found).toEqual(values.sort());
      }
    });

    it('leaves out what is in no directory any more', () => {
      for (const { files } of saved.trees.systems)
        expect(files.filter((one) => /deleted|removed$/.test(one.path) && !isWhiteout(one))).toEqual([]);
    });
  });
});
