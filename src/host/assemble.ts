/** A mini-assembler: rows of hexadecimal bytes with named places in between. */

/** `name:` of a place, or bytes with their mnemonic (Intel syntax) and what they are for. */
export type CodeRow = readonly [label: string] | readonly [bytes: string, mnemonic: string, comment: string];

/** A named block of data behind the code. */
export interface DataBlock {
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** Assembled bytes and where every name lies in them. */
export interface Assembled {
  readonly bytes: Uint8Array;
  readonly labels: ReadonlyMap<string, number>;
  /** Offset and row of every instruction. */
  readonly instructions: readonly { readonly offset: number; readonly mnemonic: string }[];
}

/**
 * Turns rows into bytes.
 *
 * In the bytes of a row, `>name` stands for one byte and `>>name` for four little-endian bytes: the distance from the end of the
 * instruction to that name, as x86 jumps, calls and RIP-relative addresses have it. Each must be the last part of its row.
 * Rows are part of the program, so a mistake in them is a defect and throws a plain Error.
 */
export function assemble(rows: readonly CodeRow[], data: readonly DataBlock[]): Assembled {
  const labels = new Map<string, number>();
  const instructions: { offset: number; mnemonic: string }[] = [];
  let size = 0;
  for (const row of rows) {
    if (row.length === 1) {
      defineLabel(labels, row[0].slice(0, -1), size);
      continue;
    }
    instructions.push({ offset: size, mnemonic: row[1] });
    for (const part of row[0].split(' ')) size += part.startsWith('>>') ? 4 : 1;
  }
  for (const block of data) {
    defineLabel(labels, block.label, size);
    size += block.bytes.length;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const row of rows) {
    if (row.length === 1) continue;
    for (const part of row[0].split(' ')) {
      if (part.startsWith('>>')) {
        view.setInt32(offset, target(labels, part.slice(2)) - (offset + 4), true);
        offset += 4;
      } else if (part.startsWith('>')) {
        const distance = target(labels, part.slice(1)) - (offset + 1);
        if (distance < -128 || distance > 127) throw new Error(`${row[1]}: the distance ${distance} needs four bytes`);
        view.setInt8(offset++, distance);
      } else {
        if (!/^[0-9a-f]{2}$/.test(part)) throw new Error(`${row[1]}: ${part} is not a byte`);
        bytes[offset++] = Number.parseInt(part, 16);
      }
    }
  }
  for (const block of data) {
    bytes.set(block.bytes, offset);
    offset += block.bytes.length;
  }
  return { bytes, labels, instructions };
}

function defineLabel(labels: Map<string, number>, name: string, offset: number): void {
  if (labels.has(name)) throw new Error(`the name ${name} is defined twice`);
  labels.set(name, offset);
}

function target(labels: ReadonlyMap<string, number>, name: string): number {
  const offset = labels.get(name);
  if (offset === undefined) throw new Error(`the name ${name} is not defined`);
  return offset;
}
