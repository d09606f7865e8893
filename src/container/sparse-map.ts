/** Where the bytes of a sparse tar member belong; what is not named is a hole that reads as zeros. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { readUpTo } from '../bytes/source-reading.ts';
import type { Limits } from '../limits.ts';
import { badArchive, cutArchive, overCeiling } from './archive-error.ts';
import { paxNumber } from './pax-records.ts';
import { TAR_BLOCK, tarNumber } from './tar-header.ts';

/** Bytes of the real content that are stored, ascending and apart. */
export interface SparseMap {
  /** Bytes of the real content. */
  readonly size: number;
  readonly stored: readonly { readonly start: number; readonly length: number }[];
}

/** A map, and how many bytes of the archive behind the header it took. */
export interface ReadMap {
  readonly map: SparseMap;
  readonly taken: number;
}

/** Old GNU: entries in the header, then in blocks behind it while a flag says that more follow. */
const OLD_ENTRIES = { start: 386, count: 4, more: 482 } as const;
const EXTENSION = { start: 0, count: 21, more: 504 } as const;
const ENTRY_BYTES = 24;
const REAL_SIZE = [483, 12] as const;
/** Digits of the largest number of a map in format 1.0, and its newline. */
const MOST_LINE = 17;

/**
 * The map of a member of type `S`.
 *
 * @see GNU tar manual, "Old GNU Format".
 */
export async function readOldSparseMap(header: Uint8Array, source: ByteSource, offset: number, limits: Limits): Promise<ReadMap> {
  const numbers: number[] = [];
  let taken = 0;
  let block = header;
  let table: typeof OLD_ENTRIES | typeof EXTENSION = OLD_ENTRIES;
  for (;;) {
    const at = offset + taken;
    for (let index = 0; index < table.count; index++) {
      const start = table.start + index * ENTRY_BYTES;
      if (block[start] === 0) break;
      numbers.push(tarNumber(block, [start, 12], at, 'the start of bytes'));
      numbers.push(tarNumber(block, [start + 12, 12], at, 'a number of bytes'));
    }
    checkCount(numbers.length / 2, limits);
    if (block[table.more] === 0) break;
    block = await readUpTo(source, TAR_BLOCK);
    if (block.length < TAR_BLOCK) throw cutArchive(offset + TAR_BLOCK + taken + block.length, 'the map of a sparse member');
    taken += TAR_BLOCK;
    table = EXTENSION;
  }
  return { map: mapOf(numbers, tarNumber(header, REAL_SIZE, offset, 'a size'), offset), taken };
}

/**
 * The map of PAX formats 0.0 (a record for each number) and 0.1 (one record with all); null for members that are not sparse in these.
 *
 * @see GNU tar manual, "PAX Format, Version 0.0" and "Version 0.1".
 */
export function paxSparseMap(records: readonly (readonly [string, string])[], offset: number, limits: Limits): SparseMap | null {
  const latest = new Map(records);
  const size = latest.get('GNU.sparse.size') ?? latest.get('GNU.sparse.realsize');
  const listed = latest.get('GNU.sparse.map');
  const values =
    listed === undefined
      ? records.filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes').map(([, value]) => value)
      : listed.split(',').filter((value) => value !== '');
  if (size === undefined) return null;
  checkCount(values.length / 2, limits);
  return mapOf(
    values.map((value) => paxNumber(value, 'a number of a sparse map', offset)),
    paxNumber(size, 'GNU.sparse.size', offset),
    offset,
  );
}

/**
 * The map of PAX format 1.0: decimal lines in front of the content, padded to a block.
 *
 * @param stored bytes behind the header, map included.
 * @see GNU tar manual, "PAX Format, Version 1.0".
 */
export async function readSparseMapLines(
  source: ByteSource,
  size: number,
  stored: number,
  offset: number,
  limits: Limits,
): Promise<ReadMap> {
  const numbers: number[] = [];
  let taken = 0;
  let wanted = 1;
  let line = '';
  while (numbers.length < wanted) {
    if (taken + TAR_BLOCK > stored) throw badArchive(offset + taken, 'the map of a sparse member', 'the end of the member');
    const block = await readUpTo(source, TAR_BLOCK);
    if (block.length < TAR_BLOCK) throw cutArchive(offset + taken + block.length, 'the map of a sparse member');
    taken += TAR_BLOCK;
    for (let index = 0; index < TAR_BLOCK && numbers.length < wanted; index++) {
      const byte = block[index] as number;
      if (byte !== 0x0a) {
        line += String.fromCharCode(byte);
        if (line.length > MOST_LINE) throw badArchive(offset + taken, 'a number of a sparse map', JSON.stringify(line));
        continue;
      }
      const number = paxNumber(line, 'a number of a sparse map', offset);
      line = '';
      if (wanted === 1) {
        checkCount(number, limits);
        // The first line says how many pairs follow; it is one of the numbers while they are counted.
        wanted = 1 + number * 2;
      }
      numbers.push(number);
    }
  }
  return { map: mapOf(numbers.slice(1), size, offset), taken };
}

function checkCount(count: number, limits: Limits): void {
  if (count > limits.elements) throw overCeiling('elements', limits.elements, 'parts of a sparse member', String(count));
}

function mapOf(numbers: readonly number[], size: number, offset: number): SparseMap {
  const stored: { start: number; length: number }[] = [];
  let end = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const start = numbers[index] as number;
    const length = numbers[index + 1];
    if (length === undefined || start < end || start + length > size)
      throw badArchive(offset, 'a sparse map in ascending order within the size', `${start}+${length ?? '?'} of ${size}`);
    end = start + length;
    if (length > 0) stored.push({ start, length });
  }
  return { size, stored };
}
