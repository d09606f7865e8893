import { describe, expect, it } from 'vitest';
import type { PageImage, PageProcess, PagesDocument } from '../../../src/inspection/page-document.ts';
import { renderPagesText } from '../../../src/report/pages-text.ts';

const PAGE = 4096;
const content = { scannedPages: 100, zeroPages: 25, duplicatePages: 1 };
const PROCESS: PageProcess = {
  pid: 1,
  name: 'init',
  container: 'web',
  size: 400 * PAGE,
  resident: 100 * PAGE,
  private: 90 * PAGE,
  shared: 0,
  fileBacked: null,
  committedBytes: 90 * PAGE,
  content,
};
const IMAGE: PageImage = {
  path: 'image',
  runscVersion: 'release-20260817.0',
  arch: 'amd64',
  createdAt: '2026-11-23T05:09:08.503Z',
  compression: 'none',
  hmac: 'absent',
  keyVerified: false,
  place: 'separate',
  pagesFile: { required: 100 * PAGE, present: 100 * PAGE },
  committedBytes: 100 * PAGE,
  content,
  savings: { excludeCommittedZeroPages: 25 * PAGE, deduplication: PAGE },
  compressibility: {
    method: 'deflate, level 1, 32 KiB at a time',
    samples: 2,
    sampledBytes: 16 * PAGE,
    compressedBytes: 4 * PAGE,
    estimatedBytes: 25 * PAGE,
  },
  kinds: [{ kind: 'anonymous', ranges: 2, committedBytes: 100 * PAGE, content }],
  containers: [{ container: 'web', processes: 1, ownFiles: 2 * PAGE, committedBytes: 90 * PAGE, content }],
  cgroups: [{ id: 0, path: null, ranges: 2, committedBytes: 100 * PAGE, content }],
  processes: [PROCESS],
  unmapped: { committedBytes: 10 * PAGE, content: null },
  files: [{ owner: null, ranges: 2, position: 0, committedBytes: 100 * PAGE, content }],
  map: null,
  incomplete: [],
  damage: null,
};

const render = (image: Partial<PageImage>, all = false, document: Partial<PagesDocument> = {}): string =>
  renderPagesText(
    { schema: 'ckpt/pages@1', images: [{ ...IMAGE, ...image }], together: null, errors: [], ...document },
    { color: false, width: 100, all },
  );

describe('the saved memory as text', () => {
  it('says in sentences what could be saved', () => {
    const text = render({}).replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      '25 pages of 100 (25%) are zeros: runsc checkpoint --exclude-committed-zero-pages would save 100 KiB (102400 bytes).',
    );
    expect(text).toContain('1 other page (1%) is equal to one before: keeping equal pages once would save 4 KiB (4096 bytes).');
    expect(text).toContain('Deflate (level 1) would make about 100 KiB of it: 25%, by an estimate from 2 samples with 64 KiB.');
    expect(text).toContain('web, with private memory files of 8 KiB');
    expect(text).toContain('mapped by no process');
    // One memory file and no memory cgroups have nothing to tell.
    expect(text).not.toContain('By memory');
  });

  it('without a scan has no columns for what was not looked at', () => {
    const none = { content: null };
    const text = render({
      ...none,
      savings: null,
      compressibility: null,
      kinds: IMAGE.kinds.map((kind) => ({ ...kind, ...none })),
      containers: [],
      processes: [{ ...PROCESS, ...none }],
    });
    expect(text).not.toMatch(/ZEROS|DUPLICATE|zeros/);
    expect(text).toContain('SAVED');
  });

  it.each([
    [{ required: 100 * PAGE, present: 90 * PAGE }, 'pages.img has 360 KiB (368640 bytes): 40 KiB (40960 bytes) are missing.'],
    [{ required: 100 * PAGE, present: 100 * PAGE + 7 }, 'pages.img has 7 bytes more, which nothing names.'],
    [{ required: 100 * PAGE, present: null }, 'pages.img is not here.'],
  ])('says what is wrong with pages.img: %j', (pagesFile, sentence) => {
    expect(render({ pagesFile }).replaceAll(/\s+/g, ' ')).toContain(sentence);
  });

  it.each([
    [{ place: 'elsewhere', pagesFile: null }, 'which were not given'],
    [{ place: 'separate', pagesFile: { required: null, present: 5 } }, 'pages_meta.img is missing'],
    [{ place: 'separate', pagesFile: { required: null, present: null } }, 'pages_meta.img and pages.img are missing'],
    [{ damage: { code: 'truncated', message: 'cut', layer: 'graph', offset: 1 } }, 'the image is damaged'],
  ] as const)('says why the memory is not known: %j', (part, why) => {
    expect(render({ committedBytes: null, content: null, ...part }).replaceAll(/\s+/g, ' ')).toContain(why);
  });

  it('cuts long lists, unless all is asked for', () => {
    const processes = Array.from({ length: 100 }, (_, index) => ({ ...PROCESS, pid: index + 1, name: `process-${index + 1}.` }));
    expect(render({ processes })).toContain('… and 70 more (--all shows them)');
    expect(render({ processes })).not.toContain('process-31.');
    expect(render({ processes }, true)).toContain('process-100.');
  });

  it('shows where ranges lie, and who maps them', () => {
    const mapping = (pid: number) => ({ pid, address: '0x7f0000000000', start: 0, bytes: PAGE });
    const range = { owner: 'web:/', start: 4096, position: 8192, kind: 'tmpfs', cgroup: 0, committedBytes: PAGE, content };
    const text = render({
      map: [
        { ...range, mappedBy: [1, 2, 3, 4, 5].map(mapping) },
        { ...range, position: null, mappedBy: null },
      ],
    });
    expect(text).toMatch(/8192 +4 KiB +100 KiB +4 KiB +0x1000 +tmpfs +\[web:\/\] 1 at 0x7f0000000000/);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('… and 2 more');
    expect(text).toMatch(/\n +\? +4 KiB/);
  });

  it('escapes what comes from an image', () => {
    const text = render({
      path: 'a\x1b[31m',
      runscVersion: '\x1b]0;x\x07',
      processes: [{ ...PROCESS, name: '\x1b[2Jx\n' }],
      containers: [{ ...(IMAGE.containers[0] as PageImage['containers'][number]), container: '\u202e' }],
    });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('says what several images have in common', () => {
    const image = (path: string, shared: readonly number[]) => ({ path, contents: 10, onlyHere: 4, shared });
    const together = {
      storedPages: 40,
      storedBytes: 40 * PAGE,
      keptPages: 20,
      keptBytes: 20 * PAGE,
      images: [image('a', [10, 6]), image('b', [6, 10])],
    };
    const text = render({}, false, { images: [IMAGE, IMAGE], together }).replaceAll(/\s+/g, ' ');
    expect(text).toContain('The 2 images store 160 KiB (163840 bytes).');
    expect(text).toContain('would hold 80 KiB (81920 bytes): 50%, 80 KiB less.');
    expect(text).toContain('WITH 1 WITH 2');
  });
});
