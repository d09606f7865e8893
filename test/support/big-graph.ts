/**
 * Writes images with a kernel graph of any size: that of a container with many files in a tmpfs, the largest graphs that are easily made
 * with a real runsc too.
 *
 * A file takes three objects, as in runsc 2024-07: its dentry, its inode with locks, times and counts, and the one segment of its data.
 * 30,000 files make a graph of some 8 MB. Everything is encoded once by the test encoder with marks where files differ; the marks are then
 * filled in file by file, so that a graph of a gigabyte is written within a minute and a few megabytes of memory.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { advance, beginGraph } from '../../src/graph/index-graph.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { type ByteSink, createByteSink } from './byte-sink.ts';
import type { SavedCpu } from './feature-set-encoder.ts';
import { TEST_LEAVES } from './image-builder.ts';
import { encodeFeatureSetGraph, encodeKernelGraph } from './kernel-graph-encoder.ts';
import { encodeMemory, type MemoryOptions } from './memory-encoder.ts';
import { encodeHeader } from './statefile-encoder.ts';
import { encodeGraphHeader, encodeValue } from './wire-encoder.ts';
import { array, int, nil, ref, refInto, slice, string, type TypeSpec, uint, type WireValue } from './wire-value.ts';

const CPU: SavedCpu = { encoding: 'amd64-function-hwcap', leaves: TEST_LEAVES, hwcap: 0x178b_fbffn, hwcap2: 2n };
const OBJECTS_PER_FILE = 3;
/** Bytes of the graph that are collected before they are written: half of what a flate chunk may hold. */
const BLOCK = 1 << 20;

const NO_MEMORY: MemoryOptions = { epoch: 'E5', files: [{ owner: null, ranges: [] }], inline: true };

/** How the state file is framed: as it is, or in flate chunks, which every runsc reads. */
export interface BigImageOptions {
  readonly framing?: 'raw' | 'flate';
  /** Releases before 2026-03-16 want the hash with the empty key, later ones want none. */
  readonly headerHmac?: 'absent' | 'empty-key';
}

/** Writes a bare state file without pages, of one process and `files` files; returns the bytes of the kernel graph. */
export function writeBigImage(
  path: string,
  files: number,
  { framing = 'raw', headerHmac = 'absent' }: BigImageOptions = {},
): number {
  const compression = framing === 'flate' ? 'flate-best-speed' : 'none';
  const file = openSync(path, 'w');
  const write = (block: Uint8Array): void => {
    const body = framing === 'flate' ? deflateRawSync(block, { level: 1 }) : block;
    if (framing === 'flate') writeSync(file, bigEndian(body.length));
    writeSync(file, body);
  };
  try {
    const metadata = { compression, container_count: '1', runsc_version: 'release-20260817.0' };
    writeSync(file, encodeHeader({ metadata, headerHmac }));
    if (framing === 'flate') writeSync(file, bigEndian(2 * BLOCK));
    write(encodeFeatureSetGraph(CPU));
    let bytes = 0;
    for (const block of bigGraph(files)) {
      write(block);
      bytes += block.length;
    }
    // Compressed images hold their memory in the stream. runsc prints this encoding of it (January to August 2026) rightly, too.
    if (framing === 'flate') for (const part of encodeMemory(NO_MEMORY).stream) if (part instanceof Uint8Array) write(part);
    return bytes;
  } finally {
    closeSync(file);
  }
}

function bigEndian(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function* bigGraph(files: number): Generator<Uint8Array> {
  const kernel = encodeKernelGraph({ cpu: CPU, processes: [{ pid: 1, name: 'sh', containerId: 'test' }], containerNames: {} });
  const types = typeTable(kernel);
  const directory = types.lastObject + 1;
  const first = directory + 1;
  const directoryBytes = encoded({
    kind: 'struct',
    typeId: types.id('pkg/sentry/fsimpl/tmpfs.directory', ['numChildren']),
    fields: [int(files)],
  });
  const dentry = template(dentryValue(types));
  const inode = template(inodeValue(types));
  const data = template(dataValue(types));
  const sink = createByteSink();
  encodeGraphHeader(sink, types.objects + 1 + files * OBJECTS_PER_FILE);
  yield sink.take();
  yield kernel.subarray(GRAPH_HEADER);
  yield types.declarations();
  yield encoded(uint(directory));
  yield directoryBytes;
  let block = createByteSink();
  for (let index = 0; index < files; index++) {
    const id = first + index * OBJECTS_PER_FILE;
    const neighbours = [index === 0 ? 0 : id - OBJECTS_PER_FILE, index === files - 1 ? 0 : id + OBJECTS_PER_FILE];
    const time = TIME + BigInt(index) * 2_000_000n;
    fill(block, dentry, [id, id, directory, neighbours[1] ?? 0, neighbours[0] ?? 0, id + 1], `file-${index}`);
    fill(block, inode, [id + 1, 2 + index, time, time, time, id + 1, id + 2, 6], '');
    fill(block, data, [id + 2, index * 4096, index * 4096 + 4096, index * 4096], '');
    if (block.length() < BLOCK) continue;
    yield block.take();
    block = createByteSink();
  }
  yield block.take();
}

/** A graph header is a varint of ten bytes. */
const GRAPH_HEADER = 10;
/** Nanoseconds in zigzag: twice the time. */
const TIME = 2n * 1_795_430_467_681_978_329n;

interface Types {
  readonly objects: number;
  readonly lastObject: number;
  readonly id: (name: string, fields: readonly string[]) => number;
  /** The records of the types that were asked for and are not in the kernel's graph. */
  readonly declarations: () => Uint8Array;
}

/** Goes on with the types of an encoded graph. */
function typeTable(graph: Uint8Array): Types {
  const scan = beginGraph(0, countOf(graph), 0, DEFAULT_LIMITS, () => false);
  const records = graph.subarray(GRAPH_HEADER);
  if (!advance(scan, records, records.length)) throw new Error('the kernel graph is not complete');
  const ids = new Map(scan.types.map(({ id, name }) => [name, id]));
  const sink = createByteSink();
  return {
    objects: scan.count,
    lastObject: scan.ids[scan.count - 1] ?? 0,
    id(name, fields) {
      const known = ids.get(name);
      if (known !== undefined) return known;
      ids.set(name, ids.size + 1);
      encodeValue(sink, { kind: 'type', name, fields });
      return ids.size;
    },
    declarations: () => sink.take(),
  };
}

function countOf(graph: Uint8Array): number {
  return graph.subarray(0, GRAPH_HEADER - 1).reduce((sum, byte, index) => sum + (byte & 0x7f) * 128 ** index, 0);
}

const struct = (types: Types, name: string, fields: Readonly<Record<string, WireValue>>): WireValue => ({
  kind: 'struct',
  typeId: types.id(`pkg/${name}`, Object.keys(fields)),
  fields: Object.values(fields),
});

function dentryValue(types: Types): WireValue {
  const self: TypeSpec = { spec: 'pointer', to: { spec: 'id', id: types.id('pkg/sentry/fsimpl/tmpfs.dentry', DENTRY) } };
  const values = [
    struct(types, 'sentry/vfs.Dentry', {
      dead: nil(),
      evictable: nil(),
      mounts: struct(types, 'atomicbitops.Uint32', { value: nil() }),
      impl: { kind: 'interface', type: self, value: ref(mark(1)) },
    }),
    ref(mark(2)),
    string(NAME),
    struct(types, 'sentry/fsimpl/tmpfs.dentryEntry', { next: ref(mark(3)), prev: ref(mark(4)) }),
    refInto(mark(5), ['inode'], { spec: 'id', id: types.id('pkg/sentry/fsimpl/tmpfs.regularFile', REGULAR_FILE) }),
  ];
  return { kind: 'struct', typeId: types.id('pkg/sentry/fsimpl/tmpfs.dentry', DENTRY), fields: values };
}

const DENTRY = ['vfsd', 'parent', 'name', 'dentryEntry', 'inode'];
const REGULAR_FILE = ['inode', 'memoryUsageKind', 'mappings', 'writableMappingPages', 'data', 'seals', 'size'];

function inodeValue(types: Types): WireValue {
  const atomic = (kind: string, value: WireValue): WireValue => struct(types, `atomicbitops.${kind}`, { value });
  const queue = struct(types, 'waiter.Queue', { list: struct(types, 'waiter.waiterList', { head: nil(), tail: nil() }) });
  const locks = struct(types, 'sentry/fsimpl/lock.Locks', {
    locks: struct(types, 'sentry/fsimpl/lock.LockSet', { root: nil() }),
    blockedQueue: queue,
  });
  const self: TypeSpec = {
    spec: 'pointer',
    to: { spec: 'id', id: types.id('pkg/sentry/fsimpl/tmpfs.regularFile', REGULAR_FILE) },
  };
  const inode = struct(types, 'sentry/fsimpl/tmpfs.inode', {
    fs: nil(),
    refs: struct(types, 'sentry/fsimpl/tmpfs.inodeRefs', { refCount: atomic('Int64', int(1)) }),
    xattrs: struct(types, 'sentry/vfs/memxattr.SimpleExtendedAttributes', { xattrs: nil() }),
    mode: atomic('Uint32', uint(0o100644)),
    nlink: atomic('Uint32', uint(1)),
    uid: atomic('Uint32', nil()),
    gid: atomic('Uint32', nil()),
    ino: uint(mark(1)),
    atime: atomic('Int64', int(mark(2) / 2n)),
    ctime: atomic('Int64', int(mark(3) / 2n)),
    mtime: atomic('Int64', int(mark(4) / 2n)),
    locks: struct(types, 'sentry/vfs.FileLocks', { bsd: locks, posix: locks }),
    watches: struct(types, 'sentry/vfs.Watches', { ws: nil() }),
    impl: { kind: 'interface', type: self, value: ref(mark(5)) },
  });
  const values = [
    inode,
    uint(3),
    struct(types, 'sentry/memmap.MappingSet', { root: nil() }),
    nil(),
    struct(types, 'sentry/fsutil.FileRangeSet', { root: { ...slice(1, 1), ref: ref(mark(6)) } as WireValue }),
    uint(1),
    atomic('Uint64', uint(mark(7))),
  ];
  return { kind: 'struct', typeId: types.id('pkg/sentry/fsimpl/tmpfs.regularFile', REGULAR_FILE), fields: values };
}

function dataValue(types: Types): WireValue {
  return array([
    struct(types, 'sentry/fsutil.FileRangeFlatSegment', { Start: uint(mark(1)), End: uint(mark(2)), Value: uint(mark(3)) }),
  ]);
}

/** Bytes with places to be filled: between every two parts lies a number, or the name. */
interface Template {
  readonly parts: readonly Uint8Array[];
  /** By place: which number stands there, or -1 for the name. */
  readonly places: readonly number[];
}

/** A number that occurs nowhere else; `mark(n) / 2` as a signed number is encoded the same. Number 0 is the object's id. */
function mark(number: number): bigint {
  return (1n << 62n) + 4n * BigInt(number);
}
const NAME = '\u0001name\u0001';

function template(value: WireValue): Template {
  const sink = createByteSink();
  encodeValue(sink, uint(mark(0)));
  encodeValue(sink, value);
  const bytes = Buffer.from(sink.take());
  const marks = [-1, 0, 1, 2, 3, 4, 5, 6, 7].map((number) => ({ number, pattern: pattern(number) }));
  const parts: Uint8Array[] = [];
  const places: number[] = [];
  for (let at = 0; ; ) {
    const found = marks
      .map(({ number, pattern }) => ({ number, at: bytes.indexOf(pattern, at), length: pattern.length }))
      .filter((mark) => mark.at >= 0)
      .sort((a, b) => a.at - b.at)[0];
    parts.push(bytes.subarray(at, found?.at));
    if (found === undefined) return { parts, places };
    places.push(found.number);
    at = found.at + found.length;
  }
}

function pattern(number: number): Uint8Array {
  const sink = createByteSink();
  if (number >= 0) sink.varint(mark(number));
  else {
    sink.varint(NAME.length);
    sink.bytes(Buffer.from(NAME));
  }
  return sink.take();
}

function fill(sink: ByteSink, { parts, places }: Template, numbers: readonly (number | bigint)[], name: string): void {
  sink.bytes(parts[0] as Uint8Array);
  for (const [index, place] of places.entries()) {
    if (place >= 0) sink.varint(numbers[place] as number | bigint);
    else {
      sink.varint(name.length);
      sink.bytes(Buffer.from(name));
    }
    sink.bytes(parts[index + 1] as Uint8Array);
  }
}

function encoded(value: WireValue): Uint8Array {
  const sink = createByteSink();
  encodeValue(sink, value);
  return sink.take();
}
