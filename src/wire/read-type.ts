/** Reads the parts of a type declaration. */
import { readBytes, text } from './read-value.ts';
import { readCount, type WireCursor } from './varint.ts';

/**
 * The field names of a type declaration.
 *
 * @throws CkptError `truncated`, `over-limit` for more than `limit` fields.
 */
export function readFields(cursor: WireCursor, limit: number): string[] {
  const count = readCount(cursor, 'the fields of a type', limit);
  const fields: string[] = [];
  for (let index = 0; index < count; index++) fields.push(text(readBytes(cursor, 'a field name')));
  return fields;
}
