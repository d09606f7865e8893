/**
 * Predictions against the real runsc: it makes the images, restores them after one thing was changed, and `check` has to say the same.
 *
 * Needs root on Linux x86-64 and a runsc in PATH, or paths in CKPT_TEST_RUNSC (separated by colons). Debian's packages of 2022-12 and 2024-07
 * are the ones that the texts were compared with; any version that writes the header HMAC (before 2026-03) is good.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckResult, check } from '../../src/index.ts';
import {
  type EditableImage,
  editFpuStates,
  editLeaves,
  type ImageFiles,
  type LeafEdit,
  readEditableImage,
  readFeatureSet,
  setCacheLine,
  setLeafBit,
  withCheckpoint,
  withFlippedByte,
  withMetadata,
  withStream,
} from '../support/image-editor.ts';
import {
  createWorkshop,
  findRunscs,
  makeImage,
  type RestoreAnswer,
  type Runsc,
  restoreImage,
  skipWithout,
  type Workshop,
  withoutPointers,
} from '../support/runsc.ts';

/** Leaf and register of features that a test adds; those the host has already change nothing, which is as good a test. */
const MPX = setLeafBit('7:0', 1, 14);
const SMX = setLeafBit('1:0', 2, 6);
const AVX512_4VNNIW = setLeafBit('7:0', 3, 2);

/** One change to a saved image. */
interface Case {
  readonly name: string;
  readonly edit: (image: EditableImage) => ImageFiles;
  /** Only for images with pages in a file of their own. */
  readonly separatePages?: boolean;
  /** Only for images with compressed bodies. */
  readonly flate?: boolean;
  /**
   * `exact`: the prediction must hold runsc's very words where runsc refuses. `any`: they hold an address, so that only the verdict counts.
   * Absent: the prediction may leave them out, but not get them wrong.
   */
  readonly text?: 'exact' | 'any';
  /** Only for runsc of this date (YYYYMMDD) and later. */
  readonly since?: string;
  /** Up to this date the restore succeeds and the thread dies at its first instruction: the prediction must not call that restorable. */
  readonly diesBefore?: string;
}

const leaves =
  (...edits: readonly LeafEdit[]) =>
  (image: EditableImage): ImageFiles =>
    withStream(
      image,
      editLeaves(image.stream, (all) => {
        for (const edit of edits) edit(all);
      }),
    );

const fpu =
  (edit: (state: DataView) => void) =>
  (image: EditableImage): ImageFiles =>
    withStream(
      image,
      editFpuStates(image.stream, (state) => edit(new DataView(state.buffer))),
    );

const componentBit = (bit: bigint) => fpu((state) => state.setBigUint64(512, state.getBigUint64(512, true) | (1n << bit), true));
const cut = (length: (image: EditableImage) => number) => (image: EditableImage) =>
  withCheckpoint(image, image.bytes.subarray(0, length(image)));
const appended = (bytes: Uint8Array) => (image: EditableImage) =>
  withCheckpoint(image, Uint8Array.from([...image.bytes, ...bytes]));
const shortened =
  (name: string, bytes: number) =>
  (image: EditableImage): ImageFiles => ({
    ...withCheckpoint(image, image.bytes),
    [name]: image.others[name]?.subarray(0, -bytes),
  });

const extended =
  (name: string, bytes: number) =>
  (image: EditableImage): ImageFiles =>
    withFiles(image, { [name]: Uint8Array.from([...(image.others[name] ?? []), ...new Uint8Array(bytes).fill(7)]) });
const halved =
  (name: string) =>
  (image: EditableImage): ImageFiles =>
    withFiles(image, { [name]: image.others[name]?.subarray(0, image.others[name].length >> 1) });

/** The image with other files beside its state file. */
function withFiles(image: EditableImage, files: ImageFiles): ImageFiles {
  return { ...withCheckpoint(image, image.bytes), ...files };
}

const appendedState = (image: EditableImage): ImageFiles => ({
  'checkpoint.img': Uint8Array.from([...image.bytes, 0, 0, 0, 1, 7]),
});
const EMPTY = new Uint8Array();
const OTHER = new Uint8Array(8192).fill(7);
const NEITHER: ImageFiles = { 'pages.img': undefined, 'pages_meta.img': undefined };

const CASES: readonly Case[] = [
  { name: 'as it was saved', edit: (image) => withCheckpoint(image, image.bytes) },
  { name: 'framed anew', edit: (image) => withStream(image, image.stream) },
  { name: 'leaves encoded anew', edit: leaves() },
  { name: 'mpx added', edit: leaves(MPX), text: 'exact' },
  { name: 'smx and mpx added', edit: leaves(MPX, SMX), text: 'exact' },
  { name: 'avx512_4vnniw added', edit: leaves(AVX512_4VNNIW), text: 'exact' },
  { name: 'a cache line of 128 bytes', edit: leaves(setCacheLine(128)), text: 'exact' },
  { name: 'a cache line of 256 bytes', edit: leaves(setCacheLine(256)), text: 'exact' },
  { name: 'mpx added and a cache line of 128 bytes', edit: leaves(MPX, setCacheLine(128)), text: 'exact' },
  { name: 'no leaf 1', edit: leaves((all) => all.delete('1:0')), text: 'exact' },
  {
    name: 'no leaf 0xd',
    edit: leaves((all) => [...all.keys()].filter((key) => key.startsWith('d:')).map((key) => all.delete(key))),
  },
  { name: 'component 2 (AVX) in use', edit: componentBit(2n), text: 'exact' },
  { name: 'component 8 (PT) in use', edit: componentBit(8n), text: 'exact', diesBefore: '20230608' },
  { name: 'component 62 in use', edit: componentBit(62n), text: 'exact', diesBefore: '20230608' },
  { name: 'a reserved MXCSR bit', edit: fpu((state) => state.setUint32(24, 0x1_1f80, true)), text: 'exact' },
  { name: 'MXCSR bit 17 (MISALIGNSSE)', edit: fpu((state) => state.setUint32(24, 0x2_1f80, true)), text: 'exact' },
  { name: 'XCOMP_BV that no format has', edit: fpu((state) => state.setBigUint64(520, 1n, true)), text: 'any' },
  { name: 'an empty file', edit: (image) => withCheckpoint(image, new Uint8Array()) },
  { name: 'no checkpoint.img', edit: (image) => withCheckpoint(image, undefined) },
  { name: 'another magic', edit: (image) => withFlippedByte(image, 0) },
  { name: 'cut in the metadata', edit: cut(() => 40) },
  { name: 'cut in the HMAC', edit: cut((image) => image.headerEnd + 10) },
  { name: 'cut in the body', edit: cut((image) => image.bytes.length >> 1) },
  { name: 'cut before the last byte', edit: cut((image) => image.bytes.length - 1) },
  { name: 'a flipped bit in the metadata', edit: (image) => withFlippedByte(image, 20), text: 'exact' },
  { name: 'a flipped bit in the HMAC', edit: (image) => withFlippedByte(image, image.headerEnd + 3), text: 'exact' },
  { name: 'a metadata length of 2^48', edit: (image) => withFlippedByte(image, 9) },
  // Before 2023-08-10 runsc does not know the key. No image of that time has it, and none has another value ever since.
  { name: 'an unknown compression', edit: (image) => withMetadata(image, { compression: 'zstd' }), since: '20230810' },
  { name: 'no compression key', edit: (image) => withMetadata(image, { compression: undefined }) },
  { name: 'no container count', edit: (image) => withMetadata(image, { container_count: undefined }) },
  { name: 'a container count of 0', edit: (image) => withMetadata(image, { container_count: '0' }), text: 'exact' },
  { name: 'a container count that is no number', edit: (image) => withMetadata(image, { container_count: 'x' }) },
  { name: 'a container count of +1', edit: (image) => withMetadata(image, { container_count: '+1' }) },
  { name: 'one byte behind the end', edit: appended(Uint8Array.of(0)) },
  { name: 'the beginning of a chunk behind the end', edit: appended(Uint8Array.of(0, 0, 0, 1)), flate: true },
  {
    name: 'the stream ends after the first graph',
    edit: (image) => withStream(image, image.stream.subarray(0, readFeatureSet(image.stream).end)),
  },
  { name: 'short chunks', edit: (image) => withStream(image, image.stream, { kind: 'flate', chunkBytes: 10_000 }), flate: true },
  { name: 'pages.img a page too short', edit: shortened('pages.img', 4096), separatePages: true },
  { name: 'pages.img a byte too short', edit: shortened('pages.img', 1), separatePages: true },
  {
    name: 'pages.img missing',
    edit: (image) => ({ ...withCheckpoint(image, image.bytes), 'pages.img': undefined }),
    separatePages: true,
  },
  {
    name: 'pages_meta.img missing',
    edit: (image) => ({ ...withCheckpoint(image, image.bytes), 'pages_meta.img': undefined }),
    separatePages: true,
  },
  { name: 'pages_meta.img a byte too short', edit: shortened('pages_meta.img', 1), separatePages: true },
  { name: 'pages_meta.img half', edit: halved('pages_meta.img'), separatePages: true },
  { name: 'pages.img half', edit: halved('pages.img'), separatePages: true },
  { name: 'pages.img and pages_meta.img missing', edit: (image) => withFiles(image, NEITHER), separatePages: true },
  {
    name: 'pages.img and pages_meta.img missing, and bytes behind the end',
    edit: (image) => ({ ...appended(Uint8Array.of(0, 0, 0, 1, 7))(image), ...NEITHER }),
    separatePages: true,
  },
  {
    name: 'pages.img and pages_meta.img missing, and the body cut',
    edit: (image) => ({ ...cut(({ bytes }) => bytes.length - 1)(image), ...NEITHER }),
    separatePages: true,
  },
  { name: 'pages_meta.img empty', edit: (image) => withFiles(image, { 'pages_meta.img': EMPTY }), separatePages: true },
  { name: 'pages.img empty', edit: (image) => withFiles(image, { 'pages.img': EMPTY }), separatePages: true },
  { name: 'bytes behind the end of pages.img', edit: extended('pages.img', 4096), separatePages: true },
  { name: 'bytes behind the end of pages_meta.img', edit: extended('pages_meta.img', 5), separatePages: true },
  {
    name: 'bytes behind the end and pages.img too short',
    edit: (image) => ({ ...shortened('pages.img', 1)(image), ...appendedState(image) }),
    separatePages: true,
  },
  {
    name: 'the body cut and pages.img missing',
    edit: (image) => ({ ...cut(({ bytes }) => bytes.length - 1)(image), 'pages.img': undefined }),
    separatePages: true,
  },
  {
    name: 'the body cut and pages_meta.img damaged',
    edit: (image) => ({ ...cut(({ bytes }) => bytes.length >> 1)(image), 'pages_meta.img': new Uint8Array(64).fill(0xff) }),
    separatePages: true,
  },
  { name: 'pages_meta.img of other bytes', edit: (image) => withFiles(image, { 'pages_meta.img': OTHER }), separatePages: true },
  { name: 'a pages.img beside the memory inside', edit: (image) => withFiles(image, { 'pages.img': OTHER }), flate: true },
  {
    name: 'a pages_meta.img beside the memory inside',
    edit: (image) => withFiles(image, { 'pages_meta.img': OTHER }),
    flate: true,
  },
  {
    name: 'an empty pages_meta.img beside the memory inside',
    edit: (image) => withFiles(image, { 'pages_meta.img': EMPTY }),
    flate: true,
  },
  {
    name: 'both files beside the memory inside',
    edit: (image) => withFiles(image, { 'pages.img': OTHER, 'pages_meta.img': OTHER }),
    flate: true,
  },
  {
    name: 'both files beside the memory inside, and one byte behind the end',
    edit: (image) => ({ ...appended(Uint8Array.of(0))(image), 'pages.img': OTHER, 'pages_meta.img': OTHER }),
    flate: true,
  },
  {
    name: 'both files, empty, beside the memory inside',
    edit: (image) => withFiles(image, { 'pages.img': EMPTY, 'pages_meta.img': EMPTY }),
    flate: true,
  },
  {
    name: 'a pages.img beside memory inside that is cut',
    edit: (image) => ({ ...cut(({ bytes }) => bytes.length - 1)(image), 'pages.img': OTHER }),
    flate: true,
  },
];

interface Outcome {
  readonly real: RestoreAnswer;
  /** Undefined when ckpt could not even recognise an image, which is exit code 3. */
  readonly predicted: CheckResult | undefined;
}

/** The ways in which a runsc of a date saves: before 2023-08-10 there is one. */
const COMPRESSIONS = [
  { name: 'flate', since: '20230810', flags: ['--compression=flate-best-speed'], framing: 'flate' },
  { name: 'none', since: '20230810', flags: ['--compression=none'], framing: 'chunked' },
  { name: 'default', since: '0', until: '20230810', flags: [], framing: 'flate' },
] as const;

const compressionsOf = (runsc: Runsc): readonly (typeof COMPRESSIONS)[number][] =>
  COMPRESSIONS.filter(({ since, ...other }) => {
    const date = runsc.date ?? '0';
    return date >= since && ('until' in other ? date < other.until : true);
  });

const usable = process.platform === 'linux' && process.arch === 'x64' && process.getuid?.() === 0;
const runscs = usable ? findRunscs(process.env).filter(({ date }) => date !== null && date < '20240830') : [];
if (runscs.length === 0) {
  const why = usable ? 'no runsc of 2024-08 or before in PATH or CKPT_TEST_RUNSC' : 'needs root on Linux x86-64';
  console.warn(`SKIPPED: predictions against the real runsc (${why})`);
}

skipWithout(runscs);

describe.skipIf(runscs.length === 0).each(runscs)('runsc $version', (runsc) => {
  describe.each(compressionsOf(runsc))('$name', ({ name, flags, framing }) => {
    let workshop: Workshop;
    /** Why this runsc cannot make an image here (no ptrace, no namespaces …). */
    let obstacle: string | null = null;
    const outcomes = new Map<string, Outcome>();
    const asked = CASES.filter(
      (one) =>
        (one.flate !== true || framing === 'flate') &&
        (one.separatePages !== true || name === 'none') &&
        (one.since === undefined || (runsc.date ?? '0') >= one.since),
    );

    beforeAll(async () => {
      workshop = createWorkshop();
      obstacle = await makeImage(runsc, workshop, 'saved', flags);
      if (obstacle !== null) {
        console.warn(`SKIPPED: runsc ${runsc.version} cannot run here: ${obstacle}`);
        return;
      }
      const saved = readEditableImage(join(workshop.directory, 'saved'), framing);
      const directories = asked.map((one, i) => writeCase(workshop, `case-${i}`, one.edit(saved)));
      const document = await check({ images: directories, hosts: ['current'], runscVersion: runsc.version, runsc: 'never' });
      await inParallel(asked, async (one, i) => {
        const directory = directories[i] ?? '';
        const real = await restoreImage(runsc, workshop, directory, `restore-${i}`);
        outcomes.set(one.name, { real, predicted: document.results.find(({ image }) => image.path === directory) });
      });
    });
    afterAll(() => workshop.remove());

    it.for(asked)('$name', (one, { skip }) => {
      skip(obstacle !== null, 'runsc cannot run here');
      const outcome = outcomes.get(one.name);
      if (outcome === undefined) throw new Error('not asked');
      const { real, predicted } = outcome;
      const verdict = predicted?.verdict ?? 'blocked';
      const dies = (runsc.date ?? '0') < (one.diesBefore ?? '0');
      expect({ verdict, real }).toEqual({ verdict: real === null ? (dies ? 'unknown' : 'restorable') : 'blocked', real });
      const text = predicted?.runscError ?? null;
      if (real === null) expect(text).toBeNull();
      else if (one.text === 'exact') expect(text).toBe(real);
      else if (one.text !== 'any' && text !== null) expect(withoutPointers(text)).toBe(real);
    });
  });
});

function writeCase(workshop: Workshop, name: string, files: ImageFiles): string {
  const directory = join(workshop.directory, name);
  mkdirSync(directory);
  for (const [file, bytes] of Object.entries(files)) if (bytes !== undefined) writeFileSync(join(directory, file), bytes);
  return directory;
}

/** Six at a time: a restore mostly waits. */
async function inParallel<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) {
      const item = items[i];
      if (item !== undefined) await work(item, i);
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}
