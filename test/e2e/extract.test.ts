/**
 * `extract` against the real runsc: what a container saw of its own files, and what comes out of an image of it.
 *
 * Needs root, a runsc, and a static busybox.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractArchive, extractDirectory } from '../../src/extract.ts';
import type { ExtractDocument } from '../../src/extraction/document.ts';
import { nameBytes } from '../../src/filesystem/tree-names.ts';
import { findRunscs, skipWithout } from '../support/runsc.ts';
import { createTreeBundle, findBusybox, PLACES, saveTree, type TreeBundle } from '../support/tree-maker.ts';
import { parseTrees, type SeenFile, type SeenTree } from '../support/tree-truth.ts';

const HAS_ZSTD = spawnSync('zstd', ['--version']).status === 0;
const BUSYBOX = findBusybox();
const RUNSCS =
  process.platform === 'linux' && process.arch === 'x64' && process.getuid?.() === 0 && BUSYBOX !== null
    ? findRunscs(process.env)
    : [];
if (RUNSCS.length === 0)
  console.warn('SKIPPED: no runsc that root could run, or no static busybox; extracted files were not compared.');

const INNERMOST_FIRST = [...PLACES].sort((a, b) => b.length - a.length);

/** Mount points in those places, of what was not printed: there the container sees what is mounted. */
const COVERED: Readonly<Record<string, readonly string[]>> = {
  '/': ['proc', 'sys', 'tmp', 'dev', 'single'],
  '/scratch': ['bound', 'unseen'],
};

/** What lies at a path here, in the words of what the container printed. */
function onDisk(root: string, path: string): Partial<SeenFile> & { readonly micros: bigint } {
  const place = Buffer.concat([Buffer.from(`${root}/`), nameBytes(path)]);
  const stats = lstatSync(place, { bigint: true });
  const isFile = stats.isFile();
  return {
    mode: Number(stats.mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    ...(isFile ? { size: Number(stats.size) } : {}),
    ...(stats.isDirectory() ? {} : { links: Number(stats.nlink) }),
    major: Number((stats.rdev >> 8n) & 0xfffn),
    minor: Number((stats.rdev & 0xffn) | ((stats.rdev >> 12n) & ~0xffn)),
    hash: isFile ? createHash('sha256').update(readFileSync(place)).digest('hex') : null,
    target: stats.isSymbolicLink() ? Buffer.from(readlinkSync(place, 'buffer')).toString('latin1') : null,
    micros: stats.mtimeNs / 1000n,
  };
}

skipWithout(RUNSCS);

describe.skipIf(RUNSCS.length === 0).each(RUNSCS.map((runsc) => [runsc.version, runsc] as const))('%s', (_, runsc) => {
  let bundle: TreeBundle;
  let seen: ReadonlyMap<string, SeenTree>;
  let image = '';
  const out = (name: string): string => join(bundle.directory, name);
  beforeAll(async () => {
    bundle = createTreeBundle(BUSYBOX ?? '', true);
    image = out('image');
    seen = parseTrees(await saveTree(runsc, bundle, image, ['--overlay2=root:memory']));
  }, 120_000);
  afterAll(() => bundle?.remove());

  /** Compares all files that were given out with what the container saw; the ones of the lower layer are not in an image. */
  function expectSame(document: ExtractDocument, root: string, exact: boolean): void {
    let compared = 0;
    for (const file of document.files) {
      if (file.outcome !== 'written' || file.whiteout || file.path.startsWith('unmounted-')) continue;
      const inside = file.path === '.' ? '' : file.path;
      // The innermost place that was printed and holds it.
      const place = INNERMOST_FIRST.find((one) => one === '/' || `/${inside}` === one || `/${inside}`.startsWith(`${one}/`));
      const tree = seen.get(place ?? '');
      const path = place === '/' ? inside : inside.slice((place ?? '').length);
      if ((COVERED[place ?? ''] ?? []).some((mount) => path === mount || path.startsWith(`${mount}/`))) continue;
      const truth = tree?.get(path);
      if (truth === undefined) continue;
      const real = onDisk(root, inside);
      // The directory that is written into belongs to whoever named it.
      if (inside === '' && !exact) continue;
      const links = file.type === 'directory' ? {} : { links: truth.links };
      const expected = {
        mode: truth.mode,
        uid: truth.uid,
        gid: truth.gid,
        ...(file.type === 'file' ? { size: truth.size } : {}),
        ...links,
        major: truth.major,
        minor: truth.minor,
        hash: file.type === 'file' ? truth.hash : null,
        target: truth.target === null ? null : Buffer.from(nameBytes(truth.target)).toString('latin1'),
      };
      const { micros, ...attributes } = real;
      expect({ path: file.path, ...attributes }).toEqual({ path: file.path, ...expected });
      const away = micros - truth.modified / 1000n;
      // Node.js sets times as floating-point numbers, those before 1970 in milliseconds.
      const apart = exact ? 0n : truth.modified < 0n ? 1000n : 1n;
      expect(away >= -apart && away <= apart, `${file.path}: ${away}`).toBe(true);
      compared++;
    }
    expect(compared).toBeGreaterThan(60);
  }

  it('gives an archive from which tar makes the files of the container', async () => {
    const document = await extractArchive(image, { file: out('files.tar'), force: false });
    expect(document.errors).toEqual([]);
    expect(document.files.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    mkdirSync(out('unpacked'));
    execFileSync('tar', ['--numeric-owner', '--xattrs', '--xattrs-include=*', '-xpf', out('files.tar'), '-C', out('unpacked')]);
    expectSame(document, out('unpacked'), true);
    // Holes are holes: what is written is less than the files are long.
    expect(lstatSync(out('files.tar')).size).toBeLessThan(document.totals.bytes);
  });

  it('writes the files of the container into a directory', async () => {
    const document = await extractDirectory(image, out('written'), { owners: true, preserve: true, devices: true });
    expect(document.errors).toEqual([]);
    expect(document.files.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expectSame(document, out('written'), false);
  });

  it('gives the same archive again, through every compression', async () => {
    const bytes = readFileSync(out('files.tar'));
    await extractArchive(image, { file: out('files.tar.gz'), force: false });
    await extractArchive(image, { file: out('files.tar.zst'), force: false });
    expect(execFileSync('gzip', ['-dc', out('files.tar.gz')], { maxBuffer: 1 << 30 }).equals(bytes)).toBe(true);
    if (HAS_ZSTD) expect(execFileSync('zstd', ['-dc', out('files.tar.zst')], { maxBuffer: 1 << 30 }).equals(bytes)).toBe(true);
    else console.warn('SKIPPED: no program zstd; the archive was not expanded with it.');
  });
});
