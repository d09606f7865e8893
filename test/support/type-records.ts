/** Changes declared types in a decoded stream, so that a real runsc can be asked what it says of them. */
import { readFeatureSet } from './image-editor.ts';

const TYPE_TAG = 17;

/** A type record of the kernel graph. */
export interface TypeRecord {
  readonly name: string;
  readonly fields: readonly string[];
  /** Index of the last byte of the first field's name. */
  readonly lastByte: number;
}

/** The type records of the second graph, in order; all stand before its first object. */
export function typeRecords(stream: Uint8Array): TypeRecord[] {
  const records: TypeRecord[] = [];
  let position = readFeatureSet(stream).end;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = stream[position++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const text = (): string => {
    const length = varint();
    position += length;
    return new TextDecoder().decode(stream.subarray(position - length, position));
  };
  varint();
  while (stream[position] === TYPE_TAG) {
    position++;
    const name = text();
    const count = varint();
    const fields: string[] = [];
    let lastByte = -1;
    for (let index = 0; index < count; index++) {
      fields.push(text());
      if (index === 0) lastByte = position - 1;
    }
    records.push({ name, fields, lastByte });
  }
  return records;
}

/** The stream with the first field of some types called otherwise: its last letter becomes `~`, which no Go name has. */
export function withRenamedFields(stream: Uint8Array, types: readonly TypeRecord[]): Uint8Array {
  const edited = stream.slice();
  for (const { lastByte } of types) edited[lastByte] = 0x7e;
  return edited;
}
