/** A process as an ELF core file. */
import { eventLoopTurns } from '../bytes/event-loop-turns.ts';
import type { PageReader } from '../pages/page-reader.ts';
import type { CoreSegment } from './core-layout.ts';

/** Takes the file from its beginning to its end. */
export interface CoreOutput {
  write(bytes: Uint8Array): Promise<void>;
  /** So many zeros. */
  zeros(count: number): Promise<void>;
}

export type CoreMachine = 'amd64' | 'arm64';

/** @see ELF-64 object file format: Ehdr, Phdr; machine numbers of the AMD64 and AArch64 supplements. */
const HEADER_BYTES = 64;
const PROGRAM_BYTES = 56;
const MACHINES = { amd64: 62, arm64: 183 } as const;
const ET_CORE = 4;
const [PT_LOAD, PT_NOTE] = [1, 4];
const [EXECUTE, WRITE, READ] = [1, 2, 4];
const PAGE_BYTES = 4096;
/** Most bytes of memory that are at hand at once. */
const BLOCK = 1024 * 1024;

/**
 * Writes the core file: headers, notes, and the bytes of every segment.
 *
 * @param onBytes is told how many bytes of memory were written.
 * @throws CkptError when saved pages cannot be read.
 */
export async function writeCore(
  { machine, segments, notes }: { machine: CoreMachine; segments: readonly CoreSegment[]; notes: Uint8Array },
  pages: PageReader,
  output: CoreOutput,
  onBytes: (count: number) => void = () => {},
): Promise<void> {
  const programs = segments.length + 1;
  const notesAt = HEADER_BYTES + programs * PROGRAM_BYTES;
  const dataAt = Math.ceil((notesAt + notes.length) / PAGE_BYTES) * PAGE_BYTES;
  await output.write(headers(machine, segments, { notesAt, notesLength: notes.length, dataAt }));
  await output.write(notes);
  await output.zeros(dataAt - notesAt - notes.length);
  const turn = eventLoopTurns();
  for (const { start, filledTo, pieces } of segments) {
    let at = start;
    for (const piece of pieces) {
      await turn();
      await output.zeros(Number(piece.start - at));
      await writePiece(piece, pages, output, async (count) => {
        onBytes(count);
        await turn();
      });
      at = piece.end;
    }
    await output.zeros(Number(filledTo - at));
  }
}

async function writePiece(
  { start, end, owner, offset }: CoreSegment['pieces'][number],
  pages: PageReader,
  output: CoreOutput,
  onBytes: (count: number) => Promise<void>,
): Promise<void> {
  const length = Number(end - start);
  let at = offset;
  for (const part of pages.saved({ owner, offset, length })) {
    await output.zeros(part.offset - at);
    for (let done = 0; done < part.length; done += BLOCK) {
      const count = Math.min(BLOCK, part.length - done);
      await output.write(await pages.read({ owner, offset: part.offset + done, length: count }));
      await onBytes(count);
    }
    at = part.offset + part.length;
  }
  await output.zeros(offset + length - at);
}

interface Places {
  readonly notesAt: number;
  readonly notesLength: number;
  readonly dataAt: number;
}

function headers(machine: CoreMachine, segments: readonly CoreSegment[], { notesAt, notesLength, dataAt }: Places): Uint8Array {
  const bytes = new Uint8Array(notesAt);
  const view = new DataView(bytes.buffer);
  // 64 bits, little endian, version 1.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_CORE, true);
  view.setUint16(18, MACHINES[machine], true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(HEADER_BYTES), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_BYTES, true);
  view.setUint16(56, segments.length + 1, true);
  const program = (index: number, type: number, flags: number, numbers: readonly bigint[]): void => {
    const at = HEADER_BYTES + index * PROGRAM_BYTES;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    for (const [place, number] of numbers.entries()) view.setBigUint64(at + 8 + place * 8, BigInt.asUintN(64, number), true);
  };
  // Offset, address, physical address, bytes in the file, bytes in memory, alignment.
  program(0, PT_NOTE, 0, [BigInt(notesAt), 0n, 0n, BigInt(notesLength), 0n, 4n]);
  let offset = BigInt(dataAt);
  for (const [index, { start, end, filledTo, permissions }] of segments.entries()) {
    const flags =
      (permissions.includes('r') ? READ : 0) |
      (permissions.includes('w') ? WRITE : 0) |
      (permissions.includes('x') ? EXECUTE : 0);
    program(index + 1, PT_LOAD, flags, [offset, start, 0n, filledTo - start, end - start, BigInt(PAGE_BYTES)]);
    offset += filledTo - start;
  }
  return bytes;
}
