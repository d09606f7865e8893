/** The members of an archive in multitar.img, with everything that gVisor's writer (Go's archive/tar) puts into a header. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { badArchive, cutArchive } from '../container/archive-error.ts';
import { parsePaxRecords, paxNumber } from '../container/pax-records.ts';
import { decodeTarHeader, TAR_BLOCK, type TarHeader, tarNumber, tarText } from '../container/tar-header.ts';

/** Bytes of one extension header. @see Go archive/tar: maxSpecialFileSize */
const MOST_EXTENSION = 1024 * 1024;

const BILLION = 1_000_000_000n;

/** One member, behind whose header the reader stands. */
export interface TarEntry {
  /** Offset in multitar.img of its first header, extensions included. */
  readonly offset: number;
  /** `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` directory, `6` FIFO; others are of no use. */
  readonly type: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow. */
  readonly size: number;
  /** Nanoseconds since 1970; Go's writer rounds to seconds. */
  readonly modified: bigint;
  readonly major: number;
  readonly minor: number;
  /** PAX records of this member. */
  readonly pax: ReadonlyMap<string, string>;
}

/** What extension headers say of the next member. */
interface Extensions {
  /** Offset of the first of them, or of the member's own header. */
  readonly start: number;
  pax: ReadonlyMap<string, string>;
  name: string | null;
  linkName: string | null;
}

/**
 * The members one after the other. What the caller does not read of a body is skipped. Ends behind the two blocks of zeros that end an
 * archive, or at `end`.
 *
 * @param reader stands at the first header.
 * @param end offset in the file behind the archive.
 * @throws CkptError `truncated`, `bad-archive` where Go's reader would stop.
 * @see Go archive/tar: Reader.Next
 */
export async function* tarEntries(reader: PullReader, end: number): AsyncGenerator<TarEntry> {
  let extensions = noneYet(reader.offset);
  while (reader.offset < end) {
    const at = reader.offset;
    const block = (await need(reader, TAR_BLOCK, end, 'a tar header')).slice();
    const header = decodeTarHeader(block, at);
    if (header === null) {
      const second = reader.offset === end ? null : decodeTarHeader(await need(reader, TAR_BLOCK, end, 'a block of zeros'), at);
      if (second === null) return;
      throw badArchive(at, 'two blocks of zeros at the end of an archive', 'one');
    }
    if ('xLK'.includes(header.type)) {
      const body = await extensionBody(reader, header, end, at);
      if (header.type === 'x') extensions.pax = new Map(parsePaxRecords(body, at + TAR_BLOCK));
      else if (header.type === 'L') extensions.name = tarText(body);
      else extensions.linkName = tarText(body);
      continue;
    }
    const entry = entryOf(block, header, at, extensions);
    if (entry.size > end - reader.offset) throw cutArchive(end, `${entry.size} bytes of a member`, 'the end of the archive');
    const behind = reader.offset + entry.size + padding(entry.size);
    yield entry;
    const rest = Math.min(end, behind) - reader.offset;
    if ((await reader.skip(rest)) < rest) throw cutArchive(reader.offset, 'the rest of a member');
    extensions = noneYet(reader.offset);
  }
}

function noneYet(start: number): Extensions {
  return { start, pax: new Map(), name: null, linkName: null };
}

function entryOf(block: Uint8Array, header: TarHeader, at: number, { start, pax, name, linkName }: Extensions): TarEntry {
  const field = (offset: number, length: number, what: string): number => tarNumber(block, [offset, length], at, what);
  const decimal = (key: string, offset: number): number => {
    const stated = pax.get(key);
    return stated === undefined ? field(offset, 8, `a ${key}`) : paxNumber(stated, key, at);
  };
  const size = pax.get('size');
  const time = pax.get('mtime');
  const entry = {
    offset: start,
    type: header.type,
    name: pax.get('path') ?? name ?? header.path,
    linkName: pax.get('linkpath') ?? linkName ?? header.target,
    mode: field(100, 8, 'a mode'),
    uid: decimal('uid', 108),
    gid: decimal('gid', 116),
    // Types without a body have none, whatever their size says.
    size: '123456'.includes(header.type) ? 0 : size === undefined ? header.size : paxNumber(size, 'size', at),
    modified: time === undefined ? BigInt(field(136, 12, 'a time')) * BILLION : paxTime(time, at),
    pax,
  };
  if (header.type !== '3' && header.type !== '4') return { ...entry, major: 0, minor: 0 };
  return { ...entry, major: field(329, 8, 'a device number'), minor: field(337, 8, 'a device number') };
}

async function extensionBody(reader: PullReader, { size }: TarHeader, end: number, at: number): Promise<Uint8Array> {
  if (size > MOST_EXTENSION) throw badArchive(at, `an extension header of at most ${MOST_EXTENSION} bytes`, String(size));
  const body = (await need(reader, size, end, 'an extension header')).slice();
  await need(reader, padding(size), end, 'padding');
  return body;
}

/** Seconds with a fraction, perhaps negative. */
function paxTime(text: string, at: number): bigint {
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw badArchive(at, 'a time in seconds', JSON.stringify(text.slice(0, 40)));
  const nanoseconds = BigInt(match[2] ?? 0) * BILLION + BigInt((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  return match[1] === '-' ? -nanoseconds : nanoseconds;
}

async function need(reader: PullReader, count: number, end: number, what: string): Promise<Uint8Array> {
  if (count > end - reader.offset) throw cutArchive(end, `${count} bytes of ${what}`, 'the end of the archive');
  return reader.exactly(count, 'container', what);
}

function padding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}
