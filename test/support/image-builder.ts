/** Builds small but complete checkpoint images of every epoch, in memory or on disk with holes for their pages. */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CpuidEntry } from '../../src/cpu/cpuid-table.ts';
import { concatBytes } from './byte-sink.ts';
import type { SavedCpu } from './feature-set-encoder.ts';
import { encodeFeatureSetGraph, encodeKernelGraph, type TestProcess } from './kernel-graph-encoder.ts';
import { type Epoch, encodeMemory, type TestMemoryFile } from './memory-encoder.ts';
import {
  type BodySegment,
  encodeBody,
  encodeHeader,
  type Framing,
  type StateFile,
  segmentLength,
  toBytes,
} from './statefile-encoder.ts';

export interface ImageOptions {
  readonly epoch?: Epoch;
  readonly cpu?: SavedCpu;
  readonly processes?: readonly TestProcess[];
  readonly compression?: 'none' | 'flate-best-speed';
  /** Overrides what epoch and compression imply. */
  readonly framing?: Framing;
  readonly headerHmac?: StateFile['headerHmac'];
  readonly key?: Uint8Array;
  /** Pages in pages.img (default for `none` since E1) or in the stream. */
  readonly inline?: boolean;
  readonly memory?: readonly TestMemoryFile[];
  readonly parallelSlices?: boolean;
  readonly runscVersion?: string;
  /** OCI specs by container name. */
  readonly containerSpecs?: Readonly<Record<string, unknown>>;
  /** Where version and specs are kept: the header, or the kernel graph as from 2024-09 to 2025-04. */
  readonly versionIn?: 'header' | 'kernel';
  readonly containerNames?: Readonly<Record<string, string>>;
  /** Replaces (string) or removes (undefined) single keys of the metadata. */
  readonly metadata?: Readonly<Record<string, string | undefined>>;
  /** Bytes behind the end of the stream. */
  readonly trailing?: Uint8Array;
  readonly idGap?: number;
}

/** An image as named files, each in pieces. */
export type BuiltImage = ReadonlyMap<string, readonly BodySegment[]>;

/** Leaves of a made-up but consistent x86-64-v3 CPU: family 25, 64-byte cache line, XCR0 7. */
export const TEST_LEAVES: readonly CpuidEntry[] = [
  [0, 0, 0xd, 0x68747541, 0x444d4163, 0x69746e65],
  [1, 0, 0x00a2_0f10, 0x0002_0800, 0x7ef8_320b, 0x178b_fbff],
  [7, 0, 0, 0x0019_c1a9, 0x0040_068c, 0x10],
  [0xd, 0, 7, 832, 832, 0],
  [0xd, 1, 0xf, 832, 0, 0],
  [0xd, 2, 256, 576, 0, 0],
  [0x8000_0000, 0, 0x8000_0008, 0x68747541, 0x444d4163, 0x69746e65],
  [0x8000_0001, 0, 0x00a2_0f10, 0, 0x0000_0121, 0x2c10_0800],
  [0x8000_0008, 0, 0x3030, 0, 0, 0],
];

const DEFAULT_CPU: SavedCpu = { encoding: 'amd64-function-hwcap', leaves: TEST_LEAVES, hwcap: 0x178b_fbffn, hwcap2: 2n };
const DEFAULT_PROCESSES: readonly TestProcess[] = [{ pid: 1, name: 'sh', containerId: 'test' }];
const TIMESTAMP = '2026-11-23 05:09:08.503591772 +0000 UTC';

/** Two committed ranges with a hole between them. */
export const TEST_MEMORY: readonly TestMemoryFile[] = [
  {
    owner: null,
    ranges: [
      { start: 0n, bytes: new Uint8Array(8192).fill(0x11), kind: 0 },
      { start: 8192n, bytes: { zeros: 4096 }, committed: false },
      { start: 12_288n, bytes: new Uint8Array(4096).fill(0x22), kind: 1 },
    ],
  },
];

/** The files of an image, not yet joined. */
export function buildImage(options: ImageOptions = {}): BuiltImage {
  const epoch = options.epoch ?? 'E6';
  const compression = options.compression ?? 'none';
  const inline = options.inline ?? (compression !== 'none' || epoch === 'E0');
  const memory = encodeMemory({
    epoch,
    inline,
    files: options.memory ?? TEST_MEMORY,
    ...(options.parallelSlices === undefined ? {} : { parallelSlices: options.parallelSlices }),
  });
  const ownMetaFile = !inline && epoch !== 'E1';
  const cpu = options.cpu ?? DEFAULT_CPU;
  const graphs: BodySegment[] = [encodeFeatureSetGraph(cpu), encodeKernelGraph(kernelOptions(options, epoch, cpu))];
  const trailing = options.trailing === undefined ? [] : [options.trailing];
  const state: StateFile = {
    metadata: imageMetadata(options, epoch, compression),
    headerHmac: options.headerHmac ?? (options.key !== undefined ? 'keyed' : epoch >= 'E5' ? 'absent' : 'empty-key'),
    framing: options.framing ?? defaultFraming(epoch, compression),
    body: ownMetaFile ? graphs : [...graphs, ...memory.stream],
    ...(options.key === undefined ? {} : { key: options.key }),
  };
  const files = new Map<string, readonly BodySegment[]>();
  files.set('checkpoint.img', [encodeHeader(state), ...encodeBody(state), ...trailing]);
  if (ownMetaFile) files.set('pages_meta.img', memory.stream);
  if (!inline) files.set('pages.img', memory.pages);
  return files;
}

/** The bytes of one file of an image, `checkpoint.img` unless named. */
export function imageBytes(image: BuiltImage, name = 'checkpoint.img'): Uint8Array {
  return concatBytes((image.get(name) ?? []).map(toBytes));
}

/** Writes an image into a directory, which is made when it is missing; stretches of zeros become holes. */
export function writeImage(directory: string, image: BuiltImage): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, segments] of image) writeSegments(join(directory, name), segments);
}

/**
 * Writes a bare state file with `pageBytes` of inline pages that take no room on disk, one range per GiB.
 *
 * Framing is raw or chunked; a flate body has no holes.
 */
export function writeSparseImage(path: string, options: ImageOptions & { readonly pageBytes: bigint }): void {
  const gibibyte = 1n << 30n;
  const ranges = [];
  for (let start = 0n; start < options.pageBytes; start += gibibyte) {
    const length = options.pageBytes - start < gibibyte ? options.pageBytes - start : gibibyte;
    ranges.push({ start, bytes: { zeros: Number(length) }, kind: 1 });
  }
  const image = buildImage({ ...options, inline: true, memory: [{ owner: null, ranges }] });
  writeSegments(path, image.get('checkpoint.img') ?? []);
}

function writeSegments(path: string, segments: readonly BodySegment[]): void {
  if (segments.every((segment) => segment instanceof Uint8Array)) {
    writeFileSync(path, concatBytes(segments));
    return;
  }
  const file = openSync(path, 'w');
  try {
    let at = 0;
    for (const segment of segments) {
      if (segment instanceof Uint8Array) writeSync(file, segment, 0, segment.length, at);
      at += segmentLength(segment);
    }
    ftruncateSync(file, at);
  } finally {
    closeSync(file);
  }
}

function defaultFraming(epoch: Epoch, compression: 'none' | 'flate-best-speed'): Framing {
  if (compression === 'flate-best-speed') return { kind: 'flate' };
  return epoch <= 'E3' ? { kind: 'chunked' } : { kind: 'raw' };
}

function kernelOptions(options: ImageOptions, epoch: Epoch, cpu: SavedCpu): Parameters<typeof encodeKernelGraph>[0] {
  const inKernel = options.versionIn === 'kernel';
  return {
    cpu,
    processes: options.processes ?? DEFAULT_PROCESSES,
    ...(epoch >= 'E2' ? { containerNames: options.containerNames ?? { test: '__no_name_0' } } : {}),
    ...(inKernel && options.runscVersion !== undefined ? { runscVersion: options.runscVersion } : {}),
    ...(inKernel && options.containerSpecs !== undefined ? { containerSpecs: options.containerSpecs } : {}),
    ...(options.idGap === undefined ? {} : { idGap: options.idGap }),
  };
}

function imageMetadata(options: ImageOptions, epoch: Epoch, compression: string): Record<string, string> {
  const inHeader = (options.versionIn ?? (epoch >= 'E4' ? 'header' : 'kernel')) === 'header';
  const specs = options.containerSpecs ?? { __no_name_0: { ociVersion: '1.0.0', process: { args: ['/bin/sh'] } } };
  const all: Record<string, string | undefined> = {
    _timestamp: TIMESTAMP,
    compression: epoch === 'E0' && compression === 'flate-best-speed' ? undefined : compression,
    container_count: epoch >= 'E2' ? '1' : undefined,
    container_specs: inHeader ? JSON.stringify(specs) : undefined,
    cpu_usage: '51.09956ms',
    network: epoch === 'E6' ? 'none' : undefined,
    runsc_version: inHeader ? (options.runscVersion ?? 'release-20260817.0') : undefined,
    timestamp: `${TIMESTAMP} m=+1.122127202`,
    ...options.metadata,
  };
  return Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
