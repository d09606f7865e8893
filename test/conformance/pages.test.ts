/** What `pages` says of every image, against the raw bytes of its pages, read and compared one by one. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PageImage, PagePart } from '../../src/inspection/page-document.ts';
import { pages } from '../../src/pages.ts';
import { readImage } from '../../src/read-image.ts';
import { HAS_SHARED, imageOf, sharedImages } from '../support/shared-fixtures.ts';

const PAGE = 4096;
const images = sharedImages().filter((name) => existsSync(join(imageOf(name), 'checkpoint.img')));

interface TruePage {
  readonly digest: string;
  readonly zero: boolean;
}

/** Every stored page of an image, by the positions that its metadata gives. */
async function truePages(name: string): Promise<readonly TruePage[]> {
  const image = await readImage(imageOf(name), { depth: 'all', key: null });
  const layout = image.memory?.layout;
  if (layout === null || layout === undefined) return [];
  const bytes = layout.place === 'separate' ? readFileSync(join(imageOf(name), 'pages.img')) : await decodedBody(name);
  return layout.files.flatMap(({ ranges, positions }) =>
    [...positions].flatMap((position, index) => {
      const length = (ranges.before[index + 1] as number) - (ranges.before[index] as number);
      return Array.from({ length: length / PAGE }, (_, page) => {
        const content = bytes.subarray(position + page * PAGE, position + (page + 1) * PAGE);
        expect(content).toHaveLength(PAGE);
        return { digest: createHash('sha256').update(content).digest('hex'), zero: content.every((byte) => byte === 0) };
      });
    }),
  );
}

/** The decoded body of a state file, in which inline positions count; the file itself where it is not framed. */
async function decodedBody(name: string): Promise<Uint8Array> {
  const { openStatefile } = await import('../../src/statefile/open-statefile.ts');
  const { openFile } = await import('../../src/io/file-source.ts');
  const { DEFAULT_LIMITS } = await import('../../src/limits.ts');
  const file = join(imageOf(name), 'checkpoint.img');
  const source = openFile(file);
  const { body, framing } = await openStatefile(source, { key: null, limits: DEFAULT_LIMITS });
  if (framing === 'raw') return readFileSync(file);
  const blocks: Uint8Array[] = [];
  for (let block = await body.next(); block !== null; block = await body.next()) blocks.push(block.slice());
  await source.close();
  return Buffer.concat(blocks);
}

/** Zero and repeated pages, counted with a set. */
function counted(all: readonly TruePage[], of: (page: number) => boolean = () => true) {
  const seen = new Set<string>();
  const counts = { scannedPages: 0, zeroPages: 0, duplicatePages: 0 };
  for (const [page, { digest, zero }] of all.entries()) {
    const repeated = seen.has(digest);
    seen.add(digest);
    if (!of(page)) continue;
    counts.scannedPages++;
    if (zero) counts.zeroPages++;
    else if (repeated) counts.duplicatePages++;
  }
  return counts;
}

function sum(parts: readonly PagePart[]) {
  const total = { committedBytes: 0, content: { scannedPages: 0, zeroPages: 0, duplicatePages: 0 } };
  for (const { committedBytes, content } of parts) {
    total.committedBytes += committedBytes;
    for (const key of ['scannedPages', 'zeroPages', 'duplicatePages'] as const) total.content[key] += content?.[key] ?? 0;
  }
  return total;
}

async function pagesOf(name: string): Promise<PageImage> {
  const document = await pages([imageOf(name)], { map: true, threads: 0 });
  expect(document.errors).toEqual([]);
  return document.images[0] as PageImage;
}

describe.skipIf(!HAS_SHARED)('the pages of', () => {
  it.each(images)('%s are what is in its bytes', async (name) => {
    const image = await pagesOf(name);
    if (image.committedBytes === null) {
      expect(image.damage ?? image.place).not.toBe('inline');
      return;
    }
    const all = await truePages(name);
    const truth = counted(all);
    expect(image.content).toEqual(truth);
    expect(image.committedBytes).toBe(all.length * PAGE);
    expect(image.savings).toEqual({
      excludeCommittedZeroPages: truth.zeroPages * PAGE,
      deduplication: truth.duplicatePages * PAGE,
    });
    if (image.pagesFile !== null) {
      const size = statSync(join(imageOf(name), 'pages.img')).size;
      expect(image.pagesFile).toEqual({ required: size, present: size });
    }

    // Each way of dividing the memory adds up to all of it.
    const whole = { committedBytes: image.committedBytes, content: truth };
    for (const parts of [image.kinds, image.cgroups, image.files, image.map ?? []]) expect(sum(parts)).toEqual(whole);

    // Each range by itself.
    let page = 0;
    for (const range of image.map ?? []) {
      const [start, end] = [page, page + range.committedBytes / PAGE];
      expect(range.content).toEqual(counted(all, (one) => one >= start && one < end));
      for (const { start: at, bytes } of range.mappedBy ?? []) {
        expect(at).toBeGreaterThanOrEqual(range.start);
        expect(at + bytes).toBeLessThanOrEqual(range.start + range.committedBytes);
      }
      page = end;
    }

    // What processes map: each page once, by the map, which is made in another way.
    for (const process of image.processes) {
      const mapped = new Set<number>();
      let first = 0;
      for (const range of image.map ?? []) {
        for (const { pid, start, bytes } of range.mappedBy ?? [])
          if (pid === process.pid)
            for (let at = start; at < start + bytes; at += PAGE) mapped.add(first + (at - range.start) / PAGE);
        first += range.committedBytes / PAGE;
      }
      expect({ committedBytes: process.committedBytes, content: process.content }).toEqual({
        committedBytes: mapped.size * PAGE,
        content: counted(all, (one) => mapped.has(one)),
      });
      expect((process.private ?? 0) + (process.shared ?? 0) + (process.fileBacked ?? 0)).toBeGreaterThanOrEqual(
        process.committedBytes,
      );
    }
    const inContainers = image.containers.length === 1 ? (image.containers[0]?.committedBytes ?? 0) : null;
    const ownFiles = image.containers.reduce((bytes, { ownFiles: own }) => bytes + own, 0);
    if (inContainers !== null) expect(inContainers + (image.unmapped?.committedBytes ?? 0)).toBe(image.committedBytes + ownFiles);
    expect(image.incomplete).toEqual([]);
  });

  it('without a scan hold what the metadata tells, and nothing else', async () => {
    for (const name of images.slice(0, 8)) {
      const full = await pagesOf(name);
      const { images: found } = await pages([imageOf(name)], { scan: false, map: true });
      const noContent = JSON.parse(JSON.stringify(full), (key, value) =>
        ['content', 'savings', 'compressibility'].includes(key) ? null : (value as unknown),
      ) as unknown;
      expect(JSON.parse(JSON.stringify(found[0]))).toEqual(noContent);
    }
  });
});

describe.skipIf(!HAS_SHARED)('the estimate of compression', () => {
  it('is deflate of every sample, which for a small image is everything', async () => {
    const image = await pagesOf('20260817/sh-none');
    const bytes = readFileSync(join(imageOf('20260817/sh-none'), 'pages.img'));
    let [sampled, compressed, number, stride] = [0, 0, 0, 1];
    while (Math.ceil(bytes.length / 32_768 / stride) > 256) stride *= 2;
    for (let at = 0; at < bytes.length; at += 32_768, number++) {
      if (number % stride !== 0) continue;
      const sample = bytes.subarray(at, at + 32_768);
      sampled += sample.length;
      compressed += deflateRawSync(sample, { level: 1 }).length;
    }
    expect(image.compressibility).toMatchObject({ sampledBytes: sampled, compressedBytes: compressed });
  });
});

describe.skipIf(!HAS_SHARED)('several images', () => {
  const names = ['20260817/sh-none', '20260817/sh-flate', '20260817/shrw-none', '20240729/sh-none'].filter(
    (name) => HAS_SHARED && existsSync(imageOf(name)),
  );

  it('have in common what a set of digests says', async () => {
    const { together, images: found } = await pages(names.map(imageOf), { threads: 0 });
    const sets = await Promise.all(
      names.map(async (name) => new Set((await truePages(name)).filter(({ zero }) => !zero).map(({ digest }) => digest))),
    );
    const anyZero = found.some(({ content }) => (content?.zeroPages ?? 0) > 0) ? 1 : 0;
    const union = new Set(sets.flatMap((set) => [...set]));
    expect(together?.keptPages).toBe(union.size + anyZero);
    expect(together?.storedPages).toBe(found.reduce((total, { content }) => total + (content?.scannedPages ?? 0), 0));
    expect(together?.images.map(({ shared }) => shared)).toEqual(
      sets.map((a) => sets.map((b) => [...a].filter((digest) => b.has(digest)).length)),
    );
    expect(together?.images.map(({ onlyHere }) => onlyHere)).toEqual(
      sets.map((a) => [...a].filter((digest) => sets.every((b) => b === a || !b.has(digest))).length),
    );
  });

  it('that cannot be read do not hide the others', async () => {
    const { images: found, errors } = await pages([imageOf(names[0] as string), '/nowhere/at/all', imageOf(names[1] as string)]);
    expect(found).toHaveLength(2);
    expect(errors).toMatchObject([{ image: '/nowhere/at/all', code: 'not-found' }]);
  });
});
