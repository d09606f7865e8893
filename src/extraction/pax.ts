/** Extended headers of tar archives, byte for byte: what the tar package writes as text would not survive for every name and value. */
import { joinedBytes } from '../bytes/source-reading.ts';
import type { SavedFile } from '../filesystem/saved-file.ts';
import { nameBytes } from '../filesystem/tree-names.ts';

/** Keys and values in the order in which they are written. */
export type PaxRecord = readonly [key: string, value: string | Uint8Array];

/** Bytes of one block of a tar archive. */
export const TAR_BLOCK = 512;

const TEXT = new TextEncoder();

/** What the header of a member can hold by itself; above that an extended header says it. @see POSIX pax, "ustar Interchange Format". */
const MOST_ID = 0o777_777;
const MOST_TIME = 0o17_777_777_777;

/**
 * The extended header of a file: its path and all that a plain header cannot hold.
 *
 * @param more records of the file's content.
 */
export function paxRecords(file: SavedFile, path: string, linkPath: string | null, more: readonly PaxRecord[]): PaxRecord[] {
  const records: PaxRecord[] = [['path', nameBytes(path)]];
  if (linkPath !== null) records.push(['linkpath', nameBytes(linkPath)]);
  if (file.uid > MOST_ID) records.push(['uid', String(file.uid)]);
  if (file.gid > MOST_ID) records.push(['gid', String(file.gid)]);
  const times = [
    ['mtime', file.modified],
    ['atime', file.accessed],
    ['ctime', file.changed],
  ] as const;
  for (const [key, time] of times) if (time !== null) records.push([key, paxTime(time)]);
  for (const { name, value } of file.xattrs) records.push([`SCHILY.xattr.${xattrKey(name)}`, value]);
  return [...records, ...more];
}

/** The first `=` ends a key, so GNU tar writes those of a name in another way, and reads that back. */
function xattrKey(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D');
}

/** Seconds since 1970 with nanoseconds. */
export function paxTime(nanoseconds: bigint): string {
  const negative = nanoseconds < 0n;
  const value = negative ? -nanoseconds : nanoseconds;
  const fraction = String(value % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${negative ? '-' : ''}${value / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Seconds for a plain header: at least 0, and no more than fit. */
export function headerTime(nanoseconds: bigint | null): Date {
  const seconds = nanoseconds === null ? 0 : Number(nanoseconds / 1_000_000_000n);
  // The tar package keeps 31 bits; the extended header has the rest.
  return new Date(Math.min(Math.max(seconds, 0), Math.min(MOST_TIME, 0x7fff_ffff)) * 1000);
}

/** Records as they are written: `length key=value\n`, the length with itself. */
export function encodeRecords(records: readonly PaxRecord[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [key, value] of records) {
    const bytes = typeof value === 'string' ? TEXT.encode(value) : value;
    const head = nameBytes(` ${key}=`);
    const rest = head.length + bytes.length + 1;
    let length = rest + 1;
    while (String(length).length + rest !== length) length = String(length).length + rest;
    parts.push(TEXT.encode(String(length)), head, bytes, TEXT.encode('\n'));
  }
  return joinedBytes(parts);
}

/** A member of type `x`: header, records, and zeros up to a whole block. */
export function extendedHeader(records: readonly PaxRecord[]): Uint8Array {
  const body = encodeRecords(records);
  const header = new Uint8Array(TAR_BLOCK);
  const put = (text: string, at: number): void => header.set(TEXT.encode(text), at);
  put('PaxHeader', 0);
  put('0000644\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  put('00000000000\0', 136);
  put('        ', 148);
  put('x', 156);
  put('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return joinedBytes([header, body, new Uint8Array(padding(body.length))]);
}

/** Zeros that fill the last block. */
export function padding(length: number): number {
  return (TAR_BLOCK - (length % TAR_BLOCK)) % TAR_BLOCK;
}
