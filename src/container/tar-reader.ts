/** The members of a tape archive, in the order of its bytes. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { countedSource, readUpTo } from '../bytes/source-reading.ts';
import type { Limits } from '../limits.ts';
import { badArchive, cutArchive, overCeiling, trailingBytes } from './archive-error.ts';
import { parsePaxRecords, paxNumber } from './pax-records.ts';
import { paxSparseMap, readOldSparseMap, readSparseMapLines, type SparseMap } from './sparse-map.ts';
import { sparseSource } from './sparse-source.ts';
import { decodeTarHeader, TAR_BLOCK, type TarHeader, tarText } from './tar-header.ts';

/** What a member is: its content, another name of an earlier member, a symbolic link, a directory, or something without content. */
export type TarMemberKind = 'file' | 'link' | 'symlink' | 'directory' | 'other';

/** One member. */
export interface TarMember {
  readonly path: string;
  readonly kind: TarMemberKind;
  /** What a link names, else an empty string. */
  readonly target: string;
  /** Bytes of its content, those in holes included. */
  readonly size: number;
  /** Where its content lies in the archive; null when it is sparse. */
  readonly position: number | null;
  /** Its content; valid until the next member is asked for. */
  readonly source: ByteSource;
}

/** A cursor over the members. */
export interface TarReader {
  /**
   * The next member, or null at the end: what was not read of the one before is stepped over. At the end, bytes that are not zero are refused.
   *
   * GNU tar ends at the first block of zeros too and does not look behind it; bytes there would be a second archive that was joined to
   * this one, or damage, and neither is passed over in silence.
   *
   * @throws CkptError `truncated`, `bad-archive`, `trailing-bytes`, `over-limit`.
   */
  next(): Promise<TarMember | null>;
}

/** Kinds by type; a type that is not known is a file, as POSIX says. `D` has names as content, `V` and `N` are not files. */
const KINDS: Readonly<Record<string, TarMemberKind>> = {
  '1': 'link',
  '2': 'symlink',
  '3': 'other',
  '4': 'other',
  '5': 'directory',
  '6': 'other',
  D: 'other',
  N: 'other',
  V: 'other',
};
/** Kinds whose size says nothing: no content follows. */
const WITHOUT_CONTENT = '123456V';
const EXTENDED = 'xX';
/** What a global header can say of all members, of what is read here. */
const GLOBAL_KEYS: readonly string[] = ['path', 'linkpath', 'size'];
const TRAILING_BLOCK = 1024 * 1024;
/** The most bytes of zeros behind the end of an archive; tar fills up a record of 10 KiB, or what `-b` says. */
const TRAILING_MOST = 64 * 1024 * 1024;

/** What extended headers say of the next member. */
interface Extended {
  records: [string, string][];
  path: string | null;
  target: string | null;
}

/**
 * Reads an archive.
 *
 * @param chargeHole is told of zeros that stand for holes.
 */
export function readTar(source: ByteSource, limits: Limits, chargeHole: (bytes: number) => void): TarReader {
  /** Offset of the next byte of the source, and where the next header is. */
  let offset = 0;
  let nextHeader = 0;
  const global = new Map<string, string>();
  let ended = false;
  const stepped = countedSource(source, (count) => {
    offset += count;
  });
  // Members end within it, and closing one of them does not close the archive.
  const counted: ByteSource = { ...stepped, size: null, close: async () => {} };

  const stepTo = async (target: number): Promise<void> => {
    if (target - offset > 0 && (await counted.skip(target - offset)) >= 0 && offset < target)
      throw cutArchive(offset, `${target - offset} more bytes of a member`);
  };
  const meta = async (header: TarHeader, what: string): Promise<Uint8Array> => {
    if (header.size > limits.manifestBytes)
      throw overCeiling('manifestBytes', limits.manifestBytes, `bytes of ${what}`, String(header.size));
    const bytes = await readUpTo(counted, header.size);
    if (bytes.length < header.size) throw cutArchive(offset, `${header.size} bytes of ${what}`);
    nextHeader = offset + padding(header.size);
    return bytes;
  };

  const finish = async (): Promise<null> => {
    ended = true;
    const most = offset + TRAILING_MOST;
    for (;;) {
      const at = offset;
      // A pipe may never end.
      if (at > most)
        throw trailingBytes(at, `at most ${TRAILING_MOST} bytes of zeros behind the end of the archive`, 'more of them');
      const block = await counted.read(TRAILING_BLOCK);
      if (block.length === 0) return null;
      const garbage = block.findIndex((byte) => byte !== 0);
      if (garbage >= 0) throw trailingBytes(at + garbage, 'nothing but zeros behind the end of the archive');
    }
  };

  return {
    async next() {
      if (ended) return null;
      const extended: Extended = { records: [], path: null, target: null };
      for (;;) {
        await stepTo(nextHeader);
        const at = offset;
        const block = await readUpTo(counted, TAR_BLOCK);
        if (block.length < TAR_BLOCK)
          throw cutArchive(
            offset,
            block.length === 0 ? 'the blocks of zeros that end a tar archive' : 'a tar header of 512 bytes',
          );
        const header = decodeTarHeader(block, at);
        if (header === null) return finish();
        nextHeader = offset + header.size + padding(header.size);
        if (!Number.isSafeInteger(nextHeader)) throw badArchive(at, 'a member that ends before 2^53', 'a later end');
        if (EXTENDED.includes(header.type)) {
          extended.records = [...parsePaxRecords(await meta(header, 'an extended header'), at + TAR_BLOCK)];
        } else if (header.type === 'g') {
          for (const [key, value] of parsePaxRecords(await meta(header, 'a global header'), at + TAR_BLOCK))
            if (GLOBAL_KEYS.includes(key)) global.set(key, value);
        } else if (header.type === 'L') {
          extended.path = tarText(await meta(header, 'a long name'));
        } else if (header.type === 'K') {
          extended.target = tarText(await meta(header, 'a long link name'));
        } else if (header.type === 'M') {
          throw badArchive(
            at,
            'a whole archive',
            'a later volume of one in several',
            'Join the volumes by unpacking them with tar -M',
          );
        } else {
          return member(block, header, at, extended);
        }
      }
    },
  };

  async function member(block: Uint8Array, header: TarHeader, at: number, extended: Extended): Promise<TarMember> {
    const records = [...global, ...extended.records];
    checkRecords(records.length, limits);
    const pax = new Map(records);
    const path = pax.get('GNU.sparse.name') ?? pax.get('path') ?? extended.path ?? header.path;
    const target = pax.get('linkpath') ?? extended.target ?? header.target;
    const directory = header.type === '0' && path.endsWith('/');
    const kind = directory ? 'directory' : (KINDS[header.type] ?? 'file');
    const statedSize = pax.get('size');
    const empty = directory || WITHOUT_CONTENT.includes(header.type);
    const stored = empty ? 0 : statedSize === undefined ? header.size : paxNumber(statedSize, 'size', at);
    nextHeader = at + TAR_BLOCK + stored + padding(stored);
    if (!Number.isSafeInteger(nextHeader)) throw badArchive(at, 'a member that ends before 2^53', 'a later end');
    const shared = { path, kind, target: kind === 'link' || kind === 'symlink' ? target : '' };
    if (kind === 'file') {
      const sparse = await sparseMap(block, header, at, stored, pax, records);
      if (sparse !== null) {
        const { map, content } = sparse;
        const total = map.stored.reduce((sum, { length }) => sum + length, 0);
        if (total !== content) throw badArchive(at, `a sparse map of the ${content} stored bytes`, `one of ${total}`);
        const parts = bounded(content);
        return { ...shared, size: map.size, position: null, source: sparseSource(map, parts, chargeHole) };
      }
    }
    return { ...shared, size: stored, position: offset, source: bounded(stored) };
  }

  /** The map of a sparse member and how many bytes of content follow it; null when it is not sparse. */
  async function sparseMap(
    block: Uint8Array,
    header: TarHeader,
    at: number,
    stored: number,
    pax: ReadonlyMap<string, string>,
    records: readonly [string, string][],
  ): Promise<{ readonly map: SparseMap; readonly content: number } | null> {
    if (header.type === 'S') {
      const { map, taken } = await readOldSparseMap(block, counted, at, limits);
      // The blocks of the map do not count in the size.
      nextHeader += taken;
      return { map, content: stored };
    }
    if (pax.get('GNU.sparse.major') === '1' && pax.get('GNU.sparse.minor') === '0') {
      const size = paxNumber(pax.get('GNU.sparse.realsize') ?? '', 'GNU.sparse.realsize', at);
      const { map, taken } = await readSparseMapLines(counted, size, stored, at + TAR_BLOCK, limits);
      return { map, content: stored - taken };
    }
    if (pax.has('GNU.sparse.major') && pax.get('GNU.sparse.major') !== '0')
      throw badArchive(at, 'a sparse member of format 0.0, 0.1 or 1.0', `format ${pax.get('GNU.sparse.major')}`);
    const map = paxSparseMap(records, at, limits);
    return map === null ? null : { map, content: stored };
  }

  /** The next `length` bytes of the archive, as long as no other member was asked for. */
  function bounded(length: number): ByteSource {
    const start = offset;
    const end = start + length;
    let position = start;
    const check = (): void => {
      if (position !== offset) throw new Error('a tar member was read after the archive had moved on');
    };
    return {
      size: length,
      seekable: source.seekable,
      async read(max) {
        if (position === end || max === 0) return new Uint8Array(0);
        check();
        const bytes = await counted.read(Math.min(max, end - position));
        if (bytes.length === 0) throw cutArchive(offset, `${end - position} more bytes of a member`);
        position = offset;
        return bytes;
      },
      async skip(count) {
        if (position === end) return 0;
        check();
        const wanted = Math.min(count, end - position);
        const moved = await counted.skip(wanted);
        position = offset;
        if (moved < wanted) throw cutArchive(offset, `${end - position} more bytes of a member`);
        return moved;
      },
      async close() {},
    };
  }
}

function checkRecords(count: number, limits: Limits): void {
  if (count > limits.elements) throw overCeiling('elements', limits.elements, 'records of extended headers', String(count));
}

/** Bytes between the end of a content and the next block. */
function padding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}
