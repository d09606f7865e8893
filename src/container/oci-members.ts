/** The files of an OCI layout that is packed as an archive. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import { bytesSource, partOf, readUpTo } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { overCeiling } from './archive-error.ts';
import { normalizedPath, splitPath } from './archive-names.ts';
import { DETECTION_BYTES, wrappingOf } from './detect-form.ts';
import { expandGzip } from './expand-gzip.ts';
import { expandZstd } from './expand-zstd.ts';
import { expansionBudget } from './expansion-budget.ts';
import type { ImageFile } from './image-container.ts';
import { digestOfPath } from './oci-digest.ts';
import type { OciStore } from './oci-graph.ts';
import { LAYOUT_MARKS } from './oci-names.ts';
import { peeked } from './peeked-source.ts';
import { readTar, type TarReader } from './tar-reader.ts';

/** An archive that can be read again. */
export interface PackedLayout {
  readonly again: () => Promise<ByteSource>;
  /** Null when the archive cannot be read at any position. */
  readonly random: (() => Promise<RandomSource | null>) | null;
}

interface OpenTar {
  readonly tar: TarReader;
  readonly input: ByteSource;
  readonly compressed: boolean;
  close(): Promise<void>;
}

interface Entry {
  readonly ordinal: number;
  readonly size: number;
  /** Where its content lies in the input; null in a compression. */
  readonly position: number | null;
  /** The content of a small file of a compressed archive, so that it is not expanded again for each. */
  readonly held: Uint8Array | null;
}

/** The first directories and files of the archives that engines write. */
const FIRST_NAMES =
  /^(?:(?:.*\/)?blobs(?:\/.*)?|(?:.*\/)?(?:oci-layout|index\.json|manifest\.json|repositories)|[0-9a-f]{64}(?:\.json|\/.*)?)$/;

/**
 * The layout in an archive, or null when the archive is none.
 *
 * Headers of an archive that can be stepped through are all read; of another only as many as show that it begins as a layout does.
 *
 * @throws CkptError of archives; `ambiguous` for two files of one name.
 */
export async function readOciMembers(layout: PackedLayout, limits: Limits): Promise<OciStore | null> {
  const open = await openTar(layout, limits);
  if (open === null) return null;
  const entries = new Map<string, Entry>();
  const steps = open.input.seekable && !open.compressed;
  let held = 0;
  try {
    for (let ordinal = 0; ; ordinal++) {
      const member = await open.tar.next();
      if (member === null) break;
      if (ordinal >= limits.archiveMembers)
        throw overCeiling('archiveMembers', limits.archiveMembers, 'members of an archive', 'more');
      const path = normalizedPath(member.path);
      if (ordinal === 0 && !steps && !FIRST_NAMES.test(path)) return null;
      if (member.kind !== 'file') continue;
      const isPart = LAYOUT_MARKS.has(splitPath(path).base) || digestOfPath(path) !== null;
      if (isPart && entries.has(path)) throw twice(path);
      const { size } = member;
      const position = open.compressed ? null : member.position;
      const keep = !steps && size <= limits.manifestBytes && held + size <= limits.heldBytes;
      const bytes = keep ? await heldDocument(member.source, size) : null;
      held += bytes?.length ?? 0;
      entries.set(path, { ordinal, size, position, held: bytes });
    }
  } finally {
    await open.close();
  }
  const root = rootOf([...entries.keys()]);
  if (root === null) return null;
  return {
    async file(path) {
      const entry = entries.get(`${root}${path}`);
      return entry === undefined ? null : fileOf(entry, layout, limits);
    },
  };
}

/** The whole of a member that begins as JSON does; null for others. */
async function heldDocument(source: ByteSource, size: number): Promise<Uint8Array | null> {
  const start = await readUpTo(source, Math.min(1, size));
  if (start[0] !== 0x7b && start[0] !== 0x5b) return null;
  const rest = await readUpTo(source, size - 1);
  return Buffer.concat([start, rest]);
}

/** The folder of the layout, ending with a slash unless it is empty; null when there is none. */
function rootOf(paths: readonly string[]): string | null {
  const known = new Set(paths);
  const roots = new Set(paths.filter((path) => LAYOUT_MARKS.has(splitPath(path).base)).map((path) => splitPath(path).folder));
  const withBlobs = new Set(paths.flatMap((path) => digestOfPath(path)?.root ?? []));
  for (const folder of [...roots].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
    const root = folder === '' ? '' : `${folder}/`;
    if (known.has(`${root}oci-layout`) || withBlobs.has(root)) return root;
    // `docker save` before version 25: layers lie in folders named for their ids.
    if (
      known.has(`${root}manifest.json`) &&
      paths.some((path) => path.startsWith(root) && /(?:^|\/)[0-9a-f]{64}(?:\.json|\.tar|\/layer\.tar)$/.test(path))
    )
      return root;
  }
  return null;
}

function fileOf(entry: Entry, layout: PackedLayout, limits: Limits): ImageFile {
  const { size, position, held } = entry;
  return {
    size,
    async open() {
      if (held !== null) return bytesSource(held);
      if (position === null) return expandedMember(entry, layout, limits);
      const input = await layout.again();
      await input.skip(position);
      return partOf(input, size);
    },
    async openRandom() {
      const whole = position === null || layout.random === null ? null : await layout.random();
      if (whole === null || position === null) return null;
      return {
        size,
        readAt: (at, length) => whole.readAt(position + at, Math.max(0, Math.min(length, size - at))),
        close: () => whole.close(),
      };
    },
  };
}

/** A member of a compressed or sparse archive, in a new pass over it. */
async function expandedMember(entry: Entry, layout: PackedLayout, limits: Limits): Promise<ByteSource> {
  const open = await openTar(layout, limits);
  for (let ordinal = 0; open !== null; ordinal++) {
    const member = await open.tar.next();
    if (member === null) break;
    if (ordinal < entry.ordinal) continue;
    const { source } = member;
    return { ...source, read: (max) => source.read(max), skip: (count) => source.skip(count), close: () => open.close() };
  }
  await open?.close();
  throw new CkptError(
    'inconsistent',
    { layer: 'container' },
    {
      expected: 'the archive as it was a moment ago',
      found: 'fewer members',
      hint: 'Something writes to it; try again when that is done',
    },
  );
}

/** The tar archive that the input is, under its compressions; null when it is none. */
async function openTar(layout: PackedLayout, limits: Limits): Promise<OpenTar | null> {
  const budget = expansionBudget(await layout.again(), limits);
  const opened: ByteSource[] = [budget.source];
  const close = async (): Promise<void> => {
    for (const one of opened.reverse()) await one.close();
  };
  try {
    let { bytes, source } = await peeked(budget.source, DETECTION_BYTES);
    for (let depth = 1; depth <= limits.archiveNesting; depth++) {
      const wrapping = wrappingOf(bytes);
      const charge = (count: number): void => budget.charge(depth, count);
      if (wrapping === 'tar') return { tar: readTar(source, limits, charge), input: source, compressed: depth > 1, close };
      if (wrapping !== 'gzip' && wrapping !== 'zstd') break;
      const expanded = wrapping === 'gzip' ? expandGzip(source, charge) : expandZstd(source, charge);
      opened[0] = expanded;
      ({ bytes, source } = await peeked(expanded, DETECTION_BYTES));
    }
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return null;
}

function twice(path: string): CkptError {
  return new CkptError(
    'ambiguous',
    { layer: 'container', path },
    {
      expected: 'one file of each name in the OCI layout',
      found: 'two of this name',
      hint: 'Unpack the archive and give the directory',
    },
  );
}
