/** Entries as a tar archive, the same bytes for the same image. */
import { joinedBytes } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';
import { nameBytes } from '../filesystem/tree-names.ts';
import { type Header, type Pack, pack } from '../io/tar-codec.ts';
import type { DataStretch, FileContent } from './content.ts';
import type { Entry } from './entries.ts';
import { extendedHeader, headerTime, type PaxRecord, padding, paxRecords, TAR_BLOCK } from './pax.ts';

/** Takes the archive, piece by piece. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>;

/** Writes one archive. */
export interface TarWriter {
  /** Something failed inside an entry: what was written is no archive. */
  readonly broken: boolean;
  /**
   * Adds an entry with its content.
   *
   * @returns why it cannot be in an archive, or null when it is.
   * @throws CkptError when the content cannot be read, before anything of the entry was written.
   */
  add(entry: Entry, content: FileContent): Promise<'socket' | null>;
  /** Writes the end. */
  finish(): Promise<void>;
  /** Gives up. */
  abandon(): void;
}

/** Bytes of holes from which a file is written as a sparse one: programs that do not know that form lose such files only. */
const SPARSE_FROM = 32 * 1024;

const TYPES = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
  'character-device': 'character-device',
  'block-device': 'block-device',
} as const;

/**
 * Begins an archive in POSIX pax format; sparse files as GNU tar's version 1.0 has them.
 *
 * @see POSIX.1-2017 pax; GNU tar manual, "Storing Sparse Files", PAX format 1.0
 */
export function openTarWriter(write: WriteBytes): TarWriter {
  const archive = pack();
  /** Why nobody takes the archive any more: what follows from that says less. */
  let refused: { readonly error: unknown } | null = null;
  const drained = (async () => {
    for await (const bytes of archive)
      await write(bytes as Uint8Array).catch((error: unknown) => {
        refused = { error };
        throw error;
      });
  })();
  // Waited for in `finish`; until then a failure shows in whatever is written next.
  drained.catch(() => {});
  let broken = false;
  return {
    get broken() {
      return broken;
    },
    async add(entry, content) {
      const { file, linkTo } = entry;
      if (file.type === 'socket') return 'socket';
      const isFile = file.type === 'file' && linkTo === null;
      if (isFile) await content.check();
      const sparse = isFile && file.size - content.bytes >= SPARSE_FROM ? sparseForm(content, file.size) : null;
      const path = entry.path === '' ? './' : file.type === 'directory' ? `${entry.path}/` : entry.path;
      const link = linkTo ?? file.target;
      const size = isFile ? (sparse?.bytes ?? file.size) : 0;
      const form: PaxRecord[] =
        sparse === null
          ? []
          : [
              ['GNU.sparse.major', '1'],
              ['GNU.sparse.minor', '0'],
              ['GNU.sparse.name', nameBytes(path)],
              ['GNU.sparse.realsize', String(file.size)],
            ];
      const records = paxRecords(file, sparse === null ? path : sparsePath(path), link, form);
      const bytes = extendedHeader(records);
      if (bytes.length - TAR_BLOCK > LARGEST_HEADER) throw headerTooLong(entry.path, bytes.length);
      broken = true;
      archive.push(bytes);
      try {
        await addMember(archive, drained, header(entry, size), isFile ? body(file.size, content, sparse) : null);
      } catch (error) {
        throw causeOf(refused, error);
      }
      broken = false;
      return null;
    },
    async finish() {
      archive.finalize();
      await drained;
    },
    abandon() {
      archive.destroy(new Error('given up'));
    },
  };
}

type Head = Partial<Header> & Pick<Header, 'name'>;

function causeOf(refused: { readonly error: unknown } | null, error: unknown): unknown {
  return refused === null ? error : refused.error;
}

/** Bytes of one extended header that other programs take: GNU tar and Go read one of 1 MiB. */
const LARGEST_HEADER = 1024 * 1024;

/** The plain header. Names are in the extended one. */
function header({ file, linkTo }: Entry, size: number): Head {
  return {
    name: 'file',
    type: linkTo !== null ? 'link' : TYPES[file.type as keyof typeof TYPES],
    // The tar package takes 0 for no mode, and keeps the lower twelve bits of what it is given.
    mode: (file.mode & 0o7777) | 0o10_000,
    uid: Math.min(file.uid, 0o777_777),
    gid: Math.min(file.gid, 0o777_777),
    size,
    mtime: headerTime(file.modified),
    ...(linkTo !== null || file.type === 'symlink' ? { linkname: 'file' } : {}),
    devmajor: file.device?.major ?? 0,
    devminor: file.device?.minor ?? 0,
  };
}

/** What GNU tar calls the file in the archive, so that a program that does not know the form makes no wrong file under the real name. */
function sparsePath(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}GNUSparseFile.0/${path.slice(slash)}`;
}

/** A file as GNU tar writes it: a map, and the stretches that it names. */
interface SparseForm {
  /** Number of stretches, and offset and length of each, in decimal lines; whole blocks. */
  readonly map: Uint8Array;
  readonly regions: readonly DataStretch[];
  /** Of the map and all regions. */
  readonly bytes: number;
}

/** Stretches are widened to whole blocks: GNU tar reads them so, others byte for byte. */
function sparseForm({ stretches }: FileContent, size: number): SparseForm {
  const regions: { offset: number; length: number }[] = [];
  for (const { offset, length } of stretches) {
    const start = offset - (offset % TAR_BLOCK);
    const end = Math.min(size, offset + length + padding(offset + length));
    const last = regions.at(-1);
    if (last !== undefined && last.offset + last.length >= start) last.length = end - last.offset;
    else regions.push({ offset: start, length: end - start });
  }
  const lines = regions.flatMap(({ offset, length }) => [offset, length]);
  const last = regions.at(-1);
  // A hole at the end is a stretch without bytes there.
  if (last === undefined || last.offset + last.length < size) lines.push(size, 0);
  const text = new TextEncoder().encode(`${[lines.length / 2, ...lines].join('\n')}\n`);
  const map = joinedBytes([text, new Uint8Array(padding(text.length))]);
  return { map, regions, bytes: regions.reduce((sum, { length }) => sum + length, map.length) };
}

const ZEROS = new Uint8Array(64 * 1024);

/** What is written for a file: the map and its regions, or everything; zeros where nothing is saved. */
async function* body(size: number, content: FileContent, sparse: SparseForm | null): AsyncGenerator<Uint8Array> {
  if (sparse !== null) yield sparse.map;
  const regions = sparse?.regions ?? [{ offset: 0, length: size }];
  let number = 0;
  let at = regions[0]?.offset ?? 0;
  const end = (): number => {
    const region = regions[number];
    return region === undefined ? at : region.offset + region.length;
  };
  for await (const { offset, bytes } of content.pieces()) {
    while (offset >= end()) {
      yield* zeros(end() - at);
      number++;
      at = regions[number]?.offset ?? offset;
    }
    yield* zeros(offset - at);
    yield bytes;
    at = offset + bytes.length;
  }
  yield* zeros(end() - at);
}

function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}

/** Writes one member, waiting for whoever takes the archive. */
async function addMember(
  archive: Pack,
  drained: Promise<void>,
  head: Head,
  content: AsyncGenerator<Uint8Array> | null,
): Promise<void> {
  let ended: (error?: Error | null) => void = () => {};
  const written = new Promise<void>((resolve, reject) => {
    ended = (error) => (error === null || error === undefined ? resolve() : reject(error));
  });
  written.catch(() => {});
  const sink = archive.entry(head, (error) => ended(error));
  if (content !== null) {
    for await (const bytes of content) {
      if (sink.write(bytes)) continue;
      // When whoever takes the archive fails, nothing drains any more.
      await Promise.race([new Promise<void>((resolve) => sink.once('drain', () => resolve())), drained]);
    }
    sink.end(null);
    await Promise.race([new Promise<void>((resolve) => sink.once('close', () => resolve())), drained]);
    return;
  }
  await Promise.race([written, drained]);
}

function headerTooLong(path: string, length: number): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'container', path },
    {
      expected: `names and extended attributes of at most ${LARGEST_HEADER} bytes together, which other programs read`,
      found: String(length),
    },
  );
}
