/** Which addresses of a process a core file holds, and where their bytes come from. */
import { CkptError } from '../errors.ts';
import type { OnDamage } from '../kernel/attempt.ts';
import { byteCount } from '../kernel/byte-count.ts';
import { type AddressRange, type AddressSpace, overlapOf } from '../kernel/memory/address-space.ts';
import { type MappedFile, type MemoryArea, mappedFiles, readAreas } from '../kernel/memory/memory-area.ts';
import { type ResidentPages, readResident } from '../kernel/memory/resident-pages.ts';
import { type Budget, withinBudget } from '../kernel/within-budget.ts';
import type { PageReader, SavedPart } from '../pages/page-reader.ts';

/** Bytes at an address that lie in a memory file. */
export interface CorePiece extends AddressRange {
  readonly owner: string;
  /** Offset of `start` in the memory file. */
  readonly offset: number;
}

/** One loadable segment: addresses of one mapping. */
export interface CoreSegment extends AddressRange {
  /** First address behind the bytes that are in the file; the start when none are. */
  readonly filledTo: bigint;
  /** `r-x`. */
  readonly permissions: string;
  /** Ascending; what lies between them, before `filledTo`, is zeros. */
  readonly pieces: readonly CorePiece[];
}

/** One mapping of the process, and how much of it there is. */
export interface CoreMapping extends AddressRange {
  readonly permissions: string;
  readonly private: boolean;
  /** Offset in the file, and what the file is called: a path or `[stack]`; null when nothing can be said. */
  readonly offset: bigint;
  readonly name: string | null;
  /** A file with a path is mapped. */
  readonly file: boolean;
  /** Bytes that are known: saved ones, and zeros of memory that was never written. */
  readonly saved: number;
  readonly zeros: number;
  /** Bytes that the image does not have: pages of files that the process had not touched, or that runsc does not save. */
  readonly missing: number;
}

export interface CoreLayout {
  readonly segments: readonly CoreSegment[];
  readonly mappings: readonly CoreMapping[];
}

/** Zeros between two stretches of one mapping that are written rather than left out. */
const SMALL_GAP = 1024n * 1024n;
/** Segments that a file header can count, with room for notes. @see ELF: PN_XNUM */
const MOST_SEGMENTS = 60_000;
const LARGEST_GAP = 1024n * SMALL_GAP;

/**
 * Looks at all mappings of a process.
 *
 * @param budget mappings and stretches of pages that may be looked at.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 */
export function coreLayout(space: AddressSpace, pages: PageReader, budget: Budget, onDamage: OnDamage): CoreLayout {
  const fileOf = mappedFiles();
  const mappings: CoreMapping[] = [];
  const mapped: { readonly area: MemoryArea; readonly pieces: CorePiece[] }[] = [];
  const resident = withinBudget(readResident(space), budget);
  let stretch: ResidentPages | null = resident.next().value ?? null;
  let behind = 0n;
  for (const area of withinBudget(readAreas(space), budget)) {
    if (area.start < behind || area.end <= area.start) throw disordered('mappings', area);
    behind = area.end;
    const pieces: CorePiece[] = [];
    let missing = 0;
    let saved = 0;
    let zeros = 0;
    while (stretch !== null && stretch.start < area.end) {
      const { start, end } = overlapOf(stretch, area);
      if (start < (pieces.at(-1)?.end ?? 0n)) throw disordered('pages', stretch);
      if (start < end) {
        const length = byteCount(end - start);
        const offset = byteCount(stretch.offset + (start - stretch.start));
        if (pages.has(stretch.owner)) {
          const parts = pages.saved({ owner: stretch.owner, offset, length });
          const there = parts.reduce((sum, part) => sum + part.length, 0);
          pieces.push(...piecesOf({ start, end, owner: stretch.owner, offset }, parts));
          saved += there;
          zeros += length - there;
        } else missing += length;
      }
      if (stretch.end > area.end) break;
      stretch = resident.next().value ?? null;
    }
    const rest = byteCount(area.end - area.start) - saved - zeros - missing;
    if (area.anonymous) zeros += rest;
    else missing += rest;
    mapped.push({ area, pieces });
    mappings.push(mappingOf(area, nameOf(area, fileOf, onDamage), { saved, zeros, missing }));
  }
  return { segments: segmentsOf(mapped), mappings };
}

function disordered(what: string, { start }: AddressRange): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'kernel' },
    {
      expected: `${what} in ascending order without overlap`,
      found: `some at 0x${start.toString(16)}`,
      hint: 'The image is damaged',
    },
  );
}

function nameOf(area: MemoryArea, fileOf: (area: MemoryArea) => MappedFile | null, onDamage: OnDamage): MappedFile | null {
  try {
    return fileOf(area);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    onDamage(error);
    return null;
  }
}

function mappingOf(
  area: MemoryArea,
  file: MappedFile | null,
  counts: Pick<CoreMapping, 'saved' | 'zeros' | 'missing'>,
): CoreMapping {
  const path = area.name === '' ? (area.mapped === null ? '' : (file?.name ?? null)) : area.name;
  return {
    start: area.start,
    end: area.end,
    permissions: area.permissions,
    private: area.private,
    offset: area.offset,
    name: path,
    file: area.name === '' && area.mapped !== null && path?.startsWith('/') === true,
    ...counts,
  };
}

/** A stretch of pages without long runs of zeros, which are left out; short ones are a part of the pieces. */
function piecesOf({ start, end, owner, offset }: CorePiece, parts: readonly SavedPart[]): CorePiece[] {
  const pieces: { start: bigint; end: bigint; owner: string; offset: number }[] = [];
  const room = Number(SMALL_GAP);
  const last = offset + byteCount(end - start);
  let from = offset;
  let at = offset;
  const give = (): void => {
    if (at > from) pieces.push({ start: start + BigInt(from - offset), end: start + BigInt(at - offset), owner, offset: from });
  };
  for (const part of parts) {
    if (part.offset - at > room) {
      give();
      from = part.offset;
    }
    at = part.offset + part.length;
  }
  if (last - at <= room) at = last;
  give();
  return pieces;
}

/** Cuts mappings where more than a little is left out, with larger gaps written when there would be too many segments. */
function segmentsOf(mapped: readonly { readonly area: MemoryArea; readonly pieces: readonly CorePiece[] }[]): CoreSegment[] {
  for (let gap = SMALL_GAP; gap <= LARGEST_GAP; gap *= 4n) {
    const segments = mapped.flatMap(({ area, pieces }) => [...cut(area, pieces, gap)]);
    if (segments.length <= MOST_SEGMENTS) return segments;
  }
  throw new CkptError(
    'over-limit',
    { layer: 'kernel' },
    { expected: `a process of at most ${MOST_SEGMENTS} pieces of memory, as many as a core file can list`, found: 'more' },
  );
}

function* cut(area: MemoryArea, pieces: readonly CorePiece[], gap: bigint): Generator<CoreSegment> {
  const { permissions } = area;
  let start = area.start;
  let waiting: CorePiece[] = [];
  let filledTo = start;
  for (const piece of pieces) {
    // Only memory that nothing is mapped into reads as zeros where it has no pages.
    const writable = piece.start === filledTo || (area.anonymous && piece.start - filledTo <= gap);
    if (!writable) {
      yield { start, end: piece.start, filledTo, permissions, pieces: waiting };
      start = piece.start;
      waiting = [];
    }
    waiting.push(piece);
    filledTo = piece.end;
  }
  if (area.anonymous && filledTo > start && area.end - filledTo <= gap) filledTo = area.end;
  if (area.anonymous && pieces.length === 0 && area.permissions.startsWith('r') && area.end - area.start <= gap)
    filledTo = area.end;
  yield { start, end: area.end, filledTo, permissions, pieces: waiting };
}
