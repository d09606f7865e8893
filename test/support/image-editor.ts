/**
 * Takes a real unkeyed image apart and puts it together again with one thing changed, so that a real runsc can be asked about it.
 *
 * It knows just enough of the format for that, and shares no code with the decoders under test.
 * @see docs/format.md
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { CpuidEntry } from '../../src/cpu/cpuid-table.ts';
import { concatBytes, createByteSink } from './byte-sink.ts';
import type { SavedCpu } from './feature-set-encoder.ts';
import { encodeFeatureSetGraph } from './kernel-graph-encoder.ts';
import { encodeBody, encodeHeader, type Framing, toBytes } from './statefile-encoder.ts';

const HMAC_BYTES = 32;
const OBJECT_FLAG = 1n << 63n;
/** Legacy area and header of an XSAVE area; and more than any CPU needs for the whole. */
const FPU_BYTES = { min: 576, max: 65_536 };

/** A real image in parts; every name is a file of the directory. */
export interface EditableImage {
  readonly metadata: Readonly<Record<string, string>>;
  readonly framing: 'flate' | 'chunked';
  /** The decoded stream of checkpoint.img. */
  readonly stream: Uint8Array;
  /** checkpoint.img as it is. */
  readonly bytes: Uint8Array;
  /** Offset behind the metadata, where the HMAC is. */
  readonly headerEnd: number;
  readonly others: Readonly<Record<string, Uint8Array>>;
}

/** A directory's content; a name with undefined is left out. */
export type ImageFiles = Readonly<Record<string, Uint8Array | undefined>>;

/** Reads an image of a runsc that still writes the HMAC with the empty key. */
export function readEditableImage(directory: string, framing: 'flate' | 'chunked'): EditableImage {
  const bytes = new Uint8Array(readFileSync(join(directory, 'checkpoint.img')));
  const headerEnd = 16 + Number(viewOf(bytes).getBigUint64(8));
  const metadata = JSON.parse(new TextDecoder().decode(bytes.subarray(16, headerEnd))) as Record<string, string>;
  const others = readdirSync(directory).filter((name) => name !== 'checkpoint.img');
  return {
    metadata,
    framing,
    stream: unframe(bytes.subarray(headerEnd + HMAC_BYTES), framing),
    bytes,
    headerEnd,
    others: Object.fromEntries(others.map((name) => [name, new Uint8Array(readFileSync(join(directory, name)))])),
  };
}

/** The files of the image with other bytes for checkpoint.img. */
export function withCheckpoint(image: EditableImage, checkpoint: Uint8Array | undefined): ImageFiles {
  return { ...image.others, 'checkpoint.img': checkpoint };
}

/** The files of the image with another stream, framed anew; the header and its HMAC fit. */
export function withStream(image: EditableImage, stream: Uint8Array, framing?: Framing): ImageFiles {
  const own: Framing = image.framing === 'flate' ? { kind: 'flate' } : { kind: 'chunked', writeBytes: [65_536] };
  const body = encodeBody({ framing: framing ?? own, body: [stream] }).map(toBytes);
  return withCheckpoint(image, concatBytes([encodeHeader({ metadata: image.metadata, headerHmac: 'empty-key' }), ...body]));
}

/** The files of the image with single metadata keys replaced or (undefined) removed, and an HMAC that fits. */
export function withMetadata(
  image: EditableImage,
  changes: Readonly<Record<string, string | undefined>> | Uint8Array,
): ImageFiles {
  const entries = Object.entries({ ...image.metadata, ...changes }).filter(([, value]) => value !== undefined);
  const metadata = changes instanceof Uint8Array ? changes : (Object.fromEntries(entries) as Record<string, string>);
  const header = encodeHeader({ metadata, headerHmac: 'empty-key' });
  return withCheckpoint(image, concatBytes([header, image.bytes.subarray(image.headerEnd + HMAC_BYTES)]));
}

/** One byte of checkpoint.img with bits flipped. */
export function withFlippedByte(image: EditableImage, offset: number, mask = 1): ImageFiles {
  const bytes = image.bytes.slice();
  bytes[offset] = (bytes[offset] ?? 0) ^ mask;
  return withCheckpoint(image, bytes);
}

/** The leaves that the image saved, changed; key `leaf:subleaf` in hexadecimal, registers EAX, EBX, ECX, EDX. */
export type LeafEdit = (leaves: Map<string, [number, number, number, number]>) => void;

/** The stream with other CPUID leaves in its first graph. */
export function editLeaves(stream: Uint8Array, edit: LeafEdit): Uint8Array {
  const { cpu, end } = readFeatureSet(stream);
  const leaves = new Map<string, [number, number, number, number]>();
  for (const [leaf, subleaf, ...registers] of cpu.leaves) leaves.set(`${leaf.toString(16)}:${subleaf.toString(16)}`, registers);
  edit(leaves);
  const entries = [...leaves].map(([key, registers]): CpuidEntry => {
    const [leaf = 0, subleaf = 0] = key.split(':').map((part) => Number.parseInt(part, 16));
    return [leaf, subleaf, ...registers];
  });
  return concatBytes([encodeFeatureSetGraph({ ...cpu, leaves: entries }), stream.subarray(end)]);
}

/** Sets one bit of a saved leaf: register 0..3 for EAX..EDX. */
export function setLeafBit(key: string, register: 0 | 1 | 2 | 3, bit: number): LeafEdit {
  return (leaves) => {
    const registers = leaves.get(key);
    if (registers === undefined) throw new Error(`the image has no leaf ${key}`);
    registers[register] = (registers[register] | (1 << bit)) >>> 0;
  };
}

/** Sets the cache line field of leaf 1 (bytes; a multiple of 8). */
export function setCacheLine(bytes: number): LeafEdit {
  return (leaves) => {
    const registers = leaves.get('1:0');
    if (registers === undefined) throw new Error('the image has no leaf 1');
    registers[1] = ((registers[1] & ~0xff00) | ((bytes / 8) << 8)) >>> 0;
  };
}

/** The stream with every saved FPU state changed; throws when there is none. */
export function editFpuStates(stream: Uint8Array, edit: (state: Uint8Array) => void): Uint8Array {
  const parts: Uint8Array[] = [];
  let done = 0;
  let found = 0;
  // An array of Uint: tag 9, length of two or three bytes, tag 2 of the first item.
  for (let at = 0; at + 4 + FPU_BYTES.min < stream.length; at++) {
    if (stream[at] !== 9 || (stream[at + 3] !== 2 && stream[at + 4] !== 2)) continue;
    const { value: count, end: items } = readVarint(stream, at + 1);
    if (count < FPU_BYTES.min || count > FPU_BYTES.max || stream[items] !== 2) continue;
    const { values, end } = readUints(stream, items + 1, Number(count));
    if (values === null || !looksLikeFpuState(values)) continue;
    edit(values);
    const sink = createByteSink();
    for (const value of values) sink.varint(value);
    parts.push(stream.subarray(done, items + 1), sink.take());
    done = end;
    at = end - 1;
    found++;
  }
  if (found === 0) throw new Error('no saved FPU state found');
  return concatBytes([...parts, stream.subarray(done)]);
}

function looksLikeFpuState(values: Uint8Array): boolean {
  const view = viewOf(values);
  return view.getUint32(24, true) === 0x1f80 && view.getBigUint64(512, true) < 1n << 20n && view.getBigUint64(520, true) === 0n;
}

function unframe(body: Uint8Array, framing: 'flate' | 'chunked'): Uint8Array {
  const parts: Uint8Array[] = [];
  const view = viewOf(body);
  for (let at = framing === 'flate' ? 4 : 0; at < body.length; ) {
    const length = view.getUint32(at);
    const data = body.subarray(at + 4, at + 4 + length);
    parts.push(framing === 'flate' ? new Uint8Array(inflateRawSync(data)) : data);
    at += 4 + length;
  }
  return concatBytes(parts);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readUints(stream: Uint8Array, start: number, count: number): { values: Uint8Array | null; end: number } {
  const values = new Uint8Array(count);
  let at = start;
  for (let i = 0; i < count; i++) {
    const { value, end } = readVarint(stream, at);
    if (value > 255n) return { values: null, end };
    values[i] = Number(value);
    at = end;
  }
  return { values, end: at };
}

function readVarint(stream: Uint8Array, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let at = start, shift = 0n; ; at++, shift += 7n) {
    const byte = stream[at];
    if (byte === undefined) throw new Error('the stream ends in a varint');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, end: at + 1 };
  }
}

type FunctionCpu = Extract<SavedCpu, { encoding: 'amd64-function' | 'amd64-function-hwcap' }>;

/** Reads the first graph, which must be a FeatureSet of CPUID leaves, and where it ends. */
export function readFeatureSet(stream: Uint8Array): { cpu: FunctionCpu; end: number } {
  let at = 0;
  const next = (): bigint => {
    const { value, end } = readVarint(stream, at);
    at = end;
    return value;
  };
  const expect = (...values: readonly bigint[]): void => {
    for (const value of values) {
      const found = next();
      if (found !== value) throw new Error(`not a FeatureSet graph: ${found} instead of ${value} before offset ${at}`);
    }
  };
  const text = (): void => {
    const length = Number(next());
    at += length;
  };
  const number = (): number => (next() === 5n ? 0 : Number(next()));
  expect(OBJECT_FLAG | 2n);
  while (stream[at] === 17) {
    at++;
    text();
    for (let fields = next(); fields > 0n; fields--) text();
  }
  // Object 1: a struct of the pointer to object 2, and from 2023-02 of hwCap.
  expect(2n, 1n, 11n, 1n);
  const withHwcap = next() === 13n;
  if (withHwcap) expect(2n, 6n);
  expect(2n, 0n);
  const hwcap = [0, 0];
  if (withHwcap) {
    expect(11n);
    next();
    expect(13n, 2n);
    hwcap[0] = number();
    hwcap[1] = number();
  }
  expect(2n, 2n, 10n);
  const leaves: CpuidEntry[] = [];
  for (let left = next(); left > 0n; left--) {
    const registers = [2, 4].flatMap((count) => {
      if (leaves.length === 0) expect(11n);
      next();
      expect(13n, BigInt(count));
      return Array.from({ length: count }, number);
    });
    leaves.push(registers as unknown as CpuidEntry);
  }
  const cpu: FunctionCpu = withHwcap
    ? { encoding: 'amd64-function-hwcap', leaves, hwcap: BigInt(hwcap[0] ?? 0), hwcap2: BigInt(hwcap[1] ?? 0) }
    : { encoding: 'amd64-function', leaves };
  return { cpu, end: at };
}
