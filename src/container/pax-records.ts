/** Extended headers of the PAX format. */
import { nameText } from '../bytes/name-text.ts';
import { badArchive } from './archive-error.ts';

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
/** Digits of the longest length that fits in an extended header. */
const MOST_DIGITS = 10;
/** Keys whose values are names. @see Go archive/tar: validPAXRecord */
const NAMES: readonly string[] = ['path', 'linkpath', 'GNU.sparse.name'];
/** Characters of a wrong name that an error shows. */
const MOST_SHOWN = 200;

/**
 * The records of an extended header, in order; a key can come several times. Bytes that are no UTF-8 are kept as {@link nameText} does.
 *
 * @param offset of the first byte in the archive, for errors.
 * @throws CkptError `bad-archive`.
 * @see POSIX.1-2017 pax, "pax Extended Header".
 */
export function parsePaxRecords(bytes: Uint8Array, offset: number): [key: string, value: string][] {
  const records: [string, string][] = [];
  let position = 0;
  while (position < bytes.length) {
    const space = bytes.indexOf(SPACE, position);
    const digits = nameText(bytes.subarray(position, Math.min(space, position + MOST_DIGITS + 1)));
    const end = position + Number.parseInt(digits, 10);
    const equals = bytes.indexOf(EQUALS, space);
    const whole = space > position && /^[0-9]+$/.test(digits) && equals > space && equals < end && bytes[end - 1] === NEWLINE;
    if (!whole) {
      // Zeros up to the end of a header are what some writers pad with.
      if (bytes.subarray(position).every((byte) => byte === 0)) return records;
      throw badArchive(offset + position, 'a PAX record', 'something else', 'The archive is damaged; copy it again');
    }
    const key = nameText(bytes.subarray(space + 1, equals));
    const value = nameText(bytes.subarray(equals + 1, end - 1));
    // Some programs end the name there, and others do not.
    if (NAMES.includes(key) && value.includes('\0'))
      throw badArchive(offset + position, `a ${key} without a zero byte`, JSON.stringify(value.slice(0, MOST_SHOWN)));
    records.push([key, value]);
    position = end;
  }
  return records;
}

/**
 * A decimal number of a record.
 *
 * @throws CkptError `bad-archive` when it is none under 2^53.
 */
export function paxNumber(value: string, key: string, offset: number): number {
  const number = /^[0-9]+(?:\.[0-9]*)?$/.test(value) ? Math.floor(Number(value)) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw badArchive(offset, `a number under 2^53 as ${key}`, JSON.stringify(value));
}
