/** Extended headers of the PAX format. */
import { badArchive } from './archive-error.ts';

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
/** Digits of the longest length that fits in an extended header. */
const MOST_DIGITS = 10;

const utf8 = new TextDecoder();

/**
 * The records of an extended header, in order; a key can come several times.
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
    const digits = utf8.decode(bytes.subarray(position, Math.min(space, position + MOST_DIGITS + 1)));
    const end = position + Number.parseInt(digits, 10);
    const equals = bytes.indexOf(EQUALS, space);
    const whole = space > position && /^[0-9]+$/.test(digits) && equals > space && equals < end && bytes[end - 1] === NEWLINE;
    if (!whole) {
      // Zeros up to the end of a header are what some writers pad with.
      if (bytes.subarray(position).every((byte) => byte === 0)) return records;
      throw badArchive(offset + position, 'a PAX record', 'something else', 'The archive is damaged; copy it again');
    }
    records.push([utf8.decode(bytes.subarray(space + 1, equals)), utf8.decode(bytes.subarray(equals + 1, end - 1))]);
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
