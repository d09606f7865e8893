/** The files in an archive, those of archives and compressions inside it too, in the order of the bytes. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { guardedSource } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { isArchiveDamage, overCeiling } from './archive-error.ts';
import { joinedNames } from './archive-names.ts';
import { DETECTION_BYTES, STATE_MAGIC, type Wrapping, wrappingOf } from './detect-form.ts';
import { expandGzip } from './expand-gzip.ts';
import { expandZstd } from './expand-zstd.ts';
import { type ExpansionBudget, expansionBudget } from './expansion-budget.ts';
import { IMAGE_FILES } from './image-container.ts';
import { peeked } from './peeked-source.ts';
import { readTar, type TarMember, type TarReader } from './tar-reader.ts';

/** One file, link or device; directories are not told. */
export interface Member {
  /** Its name and before it those of the archives that it is in, outermost first; empty for a compressed file that is no archive. */
  readonly names: readonly string[];
  readonly kind: 'file' | 'link' | 'symlink' | 'other';
  /** What a link names, within its archive; else an empty string. */
  readonly target: string;
  /** Bytes of its content, or null when that was compressed by itself. */
  readonly size: number | null;
  /** Where its content lies in the outermost input, when it lies there as it is; else null. */
  readonly position: number | null;
  /** Whether its content begins as a state file of gVisor does; known of files without the name of a file of an image only. */
  readonly isState: boolean;
  /** Its content; valid until the next member is asked for. */
  readonly source: ByteSource;
}

/** A cursor over the files. */
export interface MemberWalk {
  /** Whether the bytes at the cursor come out of a compression, so that stepping over them costs as much as reading. */
  readonly compressed: boolean;
  /** Why archives inside that hold no file of an image could not be read to their ends: they were left. At most {@link MOST_UNREAD}. */
  readonly unread: readonly CkptError[];
  /**
   * The next file, or null at the end; what was not read of the one before is stepped over.
   *
   * @throws CkptError `truncated`, `bad-archive`, `trailing-bytes`, `unsupported`, `over-limit`, `io-error`.
   */
  next(): Promise<Member | null>;
  close(): Promise<void>;
}

export interface WalkOptions {
  /**
   * Stands between a member and those who read it, or what is inside it. The source that it gives is read or skipped to its end before the
   * next member comes.
   */
  readonly wrap?: (names: readonly string[], source: ByteSource) => ByteSource;
}

const MOST_UNREAD = 10;
const EVERYTHING = Number.MAX_SAFE_INTEGER;
const NONE = new Uint8Array(0);
const NEVER_DESCENDED: ReadonlySet<string> = new Set(IMAGE_FILES.map((name) => name.slice(name.lastIndexOf('/') + 1)));

/** How to turn what is not read into what is. */
const COMMANDS: Partial<Record<Wrapping, string>> = {
  xz: 'xz -dc FILE | ckpt … -',
  bzip2: 'bzip2 -dc FILE | ckpt … -',
  lz4: 'lz4 -dc FILE | ckpt … -',
  zip: 'unzip FILE -d DIRECTORY',
  '7z': '7z x -oDIRECTORY FILE',
};

/** An archive that is being read, and how deep it is. */
interface Level {
  readonly tar: TarReader;
  readonly names: readonly string[];
  /** The bytes of the archive, and the member of the outer archive that they come out of. */
  readonly source: ByteSource;
  readonly raw: ByteSource;
  readonly depth: number;
  /** Where the archive begins in the outermost input, or null inside a compression. */
  readonly base: number | null;
  readonly compressed: boolean;
  holdsImage: boolean;
}

type Place = Pick<Level, 'depth' | 'base' | 'compressed'>;

/** A file that is no archive: its first bytes, all of it, and the member that it comes out of. */
interface Leaf {
  readonly start: Uint8Array;
  readonly source: ByteSource;
  readonly raw: ByteSource;
  readonly compressed: boolean;
}

/** What the cursor is about to leave, and the names of the member that it is in. */
interface Left {
  readonly sources: readonly ByteSource[];
  readonly names: readonly string[];
  readonly compressed: boolean;
  readonly wanted: boolean;
}

/** Whether the base name is one that files of images have. */
export function isImageFileName(base: string): boolean {
  return NEVER_DESCENDED.has(base);
}

/** Begins at the first byte of an archive or a compression. */
export function walkMembers(outermost: ByteSource, limits: Limits, options: WalkOptions = {}): MemberWalk {
  const budget: ExpansionBudget = expansionBudget(outermost, limits);
  const levels: Level[] = [];
  const unread: CkptError[] = [];
  /** What must be read to its end, and closed, before the cursor moves on. */
  let current: Left | null = null;
  let root = outermost;
  let begun = false;
  let members = 0;

  /** Looks into a source: pushes the level of an archive and gives null, or gives the file that it is. */
  const descend = async (given: ByteSource, names: readonly string[], from: Place): Promise<Leaf | null> => {
    let { depth, base, compressed } = from;
    let { bytes: start, source } = await peeked(given, DETECTION_BYTES);
    for (;;) {
      const wrapping = wrappingOf(start);
      if (wrapping === 'none' || wrapping in COMMANDS) {
        if (depth === 0 || (names.length === 0 && wrapping in COMMANDS)) throw notRead(wrapping);
        return { start, source, raw: given, compressed };
      }
      depth++;
      if (depth > limits.archiveNesting)
        throw overCeiling('archiveNesting', limits.archiveNesting, 'archives inside one another', `${depth} of them`);
      const account = depth;
      const charge = (bytes: number): void => budget.charge(account, bytes);
      if (wrapping === 'tar') {
        const tar = readTar(source, limits, charge);
        levels.push({ tar, names, source, raw: given, depth, base, compressed, holdsImage: false });
        return null;
      }
      const expanded = wrapping === 'gzip' ? expandGzip(source, charge) : expandZstd(source, charge);
      if (names.length === 0) root = expanded;
      base = null;
      compressed = true;
      try {
        ({ bytes: start, source } = await peeked(expanded, DETECTION_BYTES));
      } catch (error) {
        await expanded.close();
        throw error;
      }
    }
  };

  const leaf = (names: readonly string[], found: Leaf, member: TarMember | null, base: number | null): Member => {
    const isState = new TextDecoder('latin1').decode(found.start.subarray(0, STATE_MAGIC.length)) === STATE_MAGIC;
    const position = member?.position ?? null;
    const named = isImageFileName(baseName(names.at(-1) ?? ''));
    if (isState || named) for (const level of levels) level.holdsImage = true;
    current = { sources: [found.source, found.raw], names, compressed: found.compressed, wanted: isState || named };
    const inside = found.compressed && levels.at(-1)?.compressed !== true;
    return {
      names,
      kind: member === null || member.kind === 'directory' ? 'file' : member.kind,
      target: member?.target ?? '',
      size: member === null || inside ? null : member.size,
      position: base === null || position === null || inside ? null : base + position,
      isState,
      source: placedSource(found.source, names, found.compressed),
    };
  };

  /** A damaged archive without a file of an image is left; any other error is one. */
  const leave = (error: unknown, names: readonly string[], compressed: boolean, wanted: boolean): void => {
    const told = placed(error, names, compressed);
    if (!isArchiveDamage(told) || wanted || names.length === 0) throw told;
    if (unread.length < MOST_UNREAD) unread.push(told);
  };

  const finishLeft = async ({ sources, names, compressed, wanted }: Left, inside: boolean): Promise<void> => {
    for (const source of sources) {
      try {
        await source.skip(EVERYTHING);
      } catch (error) {
        leave(error, names, compressed, wanted);
      } finally {
        if (inside) await source.close();
      }
    }
  };

  return {
    get compressed() {
      return current?.compressed ?? levels.at(-1)?.compressed ?? false;
    },
    unread,
    async next() {
      if (!begun) {
        begun = true;
        try {
          const found = await descend(budget.source, [], { depth: 0, base: 0, compressed: false });
          if (found !== null) return leaf([], found, null, null);
        } catch (error) {
          throw placed(error, [], false);
        }
      }
      for (;;) {
        const level = levels.at(-1);
        if (current !== null) {
          const left: Left = current;
          current = null;
          await finishLeft(left, level !== undefined);
        }
        if (level === undefined) return null;
        let member: TarMember | null;
        try {
          member = await level.tar.next();
        } catch (error) {
          leave(error, level.names, level.compressed, level.holdsImage);
          member = null;
        }
        if (member === null) {
          levels.pop();
          const { source, raw, names, compressed, holdsImage } = level;
          if (levels.length > 0) current = { sources: [source, raw], names, compressed, wanted: holdsImage };
          continue;
        }
        members++;
        if (members > limits.archiveMembers)
          throw overCeiling('archiveMembers', limits.archiveMembers, 'members of an archive', `${members} of them`);
        if (member.kind === 'directory') continue;
        const names = [...level.names, member.path];
        const given = options.wrap?.(names, member.source) ?? member.source;
        if (member.kind !== 'file' || isImageFileName(baseName(member.path)))
          return leaf(names, { start: NONE, source: given, raw: given, compressed: level.compressed }, member, level.base);
        const { depth, compressed } = level;
        const base = level.base === null || member.position === null ? null : level.base + member.position;
        try {
          const found = await descend(given, names, { depth, base, compressed });
          if (found !== null) return leaf(names, found, member, level.base);
        } catch (error) {
          leave(error, names, compressed, false);
          current = { sources: [given], names, compressed, wanted: false };
        }
      }
    },
    close: () => root.close(),
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function notRead(wrapping: Wrapping): CkptError {
  const command = COMMANDS[wrapping];
  return new CkptError(
    'unsupported',
    { layer: 'container', offset: 0 },
    {
      expected: 'a tar archive, gzip or zstd',
      found: wrapping === 'none' ? 'something else' : wrapping,
      ...(command === undefined ? {} : { hint: `Unpack it first: \`${command}\`` }),
    },
  );
}

/** The error with the archive in which it happened, and whether its offset counts in what came out of a compression. */
function placed(error: unknown, names: readonly string[], compressed: boolean): unknown {
  if (!(error instanceof CkptError) || error.place.layer !== 'container') return error;
  const path = names.length === 0 ? {} : { path: joinedNames(names) };
  return error.at(compressed && error.place.offset !== undefined ? { ...path, decoded: true } : path);
}

function placedSource(source: ByteSource, names: readonly string[], compressed: boolean): ByteSource {
  const archive = names.slice(0, -1);
  const placedHere = guardedSource(source, (error) => {
    throw placed(error, archive, compressed);
  });
  return { ...placedHere, close: async () => {} };
}
