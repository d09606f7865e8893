/**
 * Encodes filesystem checkpoints: the manifest in both encodings, archives as Go's archive/tar writes them, memory metadata and pages.
 * @see gVisor pkg/sentry/kernel/fscheckpoint.go: FSSave; pkg/sentry/fsimpl/tmpfs/tar.go
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteSource } from '../../src/bytes/byte-source.ts';
import type { ImageContainer, ImageFile } from '../../src/container/image-container.ts';
import type { FilesystemManifest, ManifestEncoding, ManifestId } from '../../src/filesystem/manifest.ts';
import { concatBytes, createByteSink } from './byte-sink.ts';
import { encodeMemory } from './memory-encoder.ts';
import { memorySource } from './memory-source.ts';

const BLOCK = 512;
const PAGE = 4096;

/** One member of an archive. */
export interface TestMember {
  readonly name: string;
  /** Type flag; `0` by default, `5` for a name that ends with a slash. */
  readonly type?: string;
  readonly linkName?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly seconds?: number;
  readonly device?: readonly [major: number, minor: number];
  readonly pax?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** The body of a regular file: its size and where its bytes are. */
export function fileBody(
  size: number | bigint,
  records: readonly (readonly [start: number, end: number, memory: number])[],
  littleEndian = true,
): Uint8Array {
  const bytes = new Uint8Array(8 + 24 * records.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(size), true);
  for (const [index, record] of records.entries())
    for (const [field, value] of record.entries()) view.setBigUint64(8 + 24 * index + 8 * field, BigInt(value), littleEndian);
  return bytes;
}

/** An archive with the two blocks of zeros that end one. */
export function tarOf(members: readonly TestMember[]): Uint8Array {
  return concatBytes([...members.map(memberBytes), new Uint8Array(2 * BLOCK)]);
}

/** A member with its extension header, if it needs one, and its padding. */
export function memberBytes(member: TestMember): Uint8Array {
  const { name, pax = {}, body = new Uint8Array(0) } = member;
  const records = Object.entries({ ...pax, ...(Buffer.byteLength(name) > 100 ? { path: name } : {}) });
  const extension = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(''));
  return concatBytes([
    ...(extension.length === 0 ? [] : [header({ name: 'PaxHeaders.0/x', type: 'x' }, extension.length), padded(extension)]),
    header(member, body.length),
    padded(body),
  ]);
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest) + 1;
  while (String(length).length + Buffer.byteLength(rest) !== length) length = String(length).length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

function header(member: TestMember, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const octal = (offset: number, length: number, value: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1');
  };
  const type = member.type ?? (member.name.endsWith('/') ? '5' : '0');
  block.write(member.name.slice(0, 100), 0);
  octal(100, 8, member.mode ?? (type === '5' ? 0o755 : 0o644));
  octal(108, 8, member.uid ?? 0);
  octal(116, 8, member.gid ?? 0);
  octal(124, 12, size);
  octal(136, 12, member.seconds ?? 1_795_411_495);
  block.write(type, 156, 'latin1');
  block.write(member.linkName ?? '', 157);
  block.write('ustar\0' + '00', 257, 'latin1');
  octal(329, 8, member.device?.[0] ?? 0);
  octal(337, 8, member.device?.[1] ?? 0);
  block.fill(' ', 148, 156);
  octal(
    148,
    7,
    block.reduce((sum, byte) => sum + byte, 0),
  );
  return block;
}

function padded(body: Uint8Array): Uint8Array {
  return concatBytes([body, new Uint8Array((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

/** One file system with its memory file. */
export interface TestFileSystem {
  readonly id: ManifestId;
  readonly tar: Uint8Array;
  /** Committed pages: offset in the memory file, and content of whole pages. */
  readonly pages: readonly (readonly [start: number, bytes: Uint8Array])[];
}

export interface TestCheckpoint {
  readonly manifest: FilesystemManifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A page that begins with a text. */
export function pageOf(text: string): Uint8Array {
  const page = new Uint8Array(PAGE);
  page.set(Buffer.from(text));
  return page;
}

/** A whole checkpoint; `change` edits its manifest before that is encoded. */
export function buildFilesystemCheckpoint(
  fileSystems: readonly TestFileSystem[],
  encoding: ManifestEncoding = 'protobuf',
  change: (manifest: FilesystemManifest) => FilesystemManifest = (manifest) => manifest,
): TestCheckpoint {
  const [meta, tars, pages]: [Uint8Array[], Uint8Array[], Uint8Array[]] = [[], [], []];
  const length = (parts: readonly Uint8Array[]): bigint => BigInt(parts.reduce((sum, part) => sum + part.length, 0));
  const memoryFiles: FilesystemManifest['memoryFiles'][number][] = [];
  const tmpfs: FilesystemManifest['tmpfs'][number][] = [];
  for (const { id, tar, pages: committed } of fileSystems) {
    const ranges = committed.map(([start, bytes]) => ({ start: BigInt(start), bytes, kind: 3 }));
    const memory = encodeMemory({
      epoch: encoding === 'json' ? 'E5' : 'E6',
      files: [{ owner: null, ranges }],
      inline: false,
      // No list of owners.
      parallelSlices: true,
    });
    const before = { metadataStart: length(meta), pagesStart: length(pages), tarStart: length(tars) };
    meta.push(...(memory.stream as Uint8Array[]));
    pages.push(...(memory.pages as Uint8Array[]));
    tars.push(tar);
    memoryFiles.push({ id, metadataStart: before.metadataStart, metadataEnd: length(meta), pagesStart: before.pagesStart });
    tmpfs.push({ id, tarStart: before.tarStart, tarEnd: length(tars) });
  }
  const runscVersion = encoding === 'json' ? 'release-20260415.0' : 'release-20260817.0';
  const version = encoding === 'json' ? 0n : 1n;
  const manifest = change({ encoding, version, runscVersion, pageSize: 4096n, endian: 'little', memoryFiles, tmpfs });
  return {
    manifest,
    files: new Map([
      [encoding === 'json' ? 'fscheckpoint.json' : 'fscheckpoint.pb', encodeManifest(manifest)],
      ['multitar.img', concatBytes(tars)],
      ['pages_meta.img', concatBytes(meta)],
      ['pages.img', concatBytes(pages)],
    ]),
  };
}

export function encodeManifest(manifest: FilesystemManifest): Uint8Array {
  return manifest.encoding === 'json' ? Buffer.from(jsonText(manifest)) : protobuf(manifest);
}

/** Numbers as they are, beyond 2^53 too. */
function jsonText({ version, runscVersion, pageSize, endian, memoryFiles, tmpfs }: FilesystemManifest): string {
  const id = ({ container, path }: ManifestId): string => `"resource_id":${JSON.stringify({ container_name: container, path })}`;
  const files = memoryFiles.map(
    (file) =>
      `{${id(file.id)},"pages_metadata_start":${file.metadataStart},"pages_metadata_end":${file.metadataEnd},"pages_start":${file.pagesStart}}`,
  );
  const trees = tmpfs.map((one) => `{${id(one.id)},"tar_start":${one.tarStart},"tar_end":${one.tarEnd}}`);
  const start = version === 0n ? '' : `"version":${version},`;
  return `{${start}"runsc_version":${JSON.stringify(runscVersion)},"page_size":${pageSize},"endian":${JSON.stringify(endian)},"memory_files":[${files}],"tmpfs":[${trees}]}\n`;
}

function protobuf({ version, runscVersion, pageSize, endian, memoryFiles, tmpfs }: FilesystemManifest): Uint8Array {
  const entry = (id: ManifestId, numbers: readonly bigint[]): Uint8Array =>
    message([
      [
        1,
        message([
          [1, Buffer.from(id.container)],
          [2, Buffer.from(id.path)],
        ]),
      ],
      ...numbers.map((value, index) => [index + 2, value] as const),
    ]);
  return message([
    [1, version],
    [2, Buffer.from(runscVersion)],
    [3, pageSize],
    [4, Buffer.from(endian)],
    ...memoryFiles.map((file) => [5, entry(file.id, [file.metadataStart, file.metadataEnd, file.pagesStart])] as const),
    ...tmpfs.map((one) => [6, entry(one.id, [one.tarStart, one.tarEnd])] as const),
  ]);
}

/** A protobuf message; a number of 0 is left out, as Go does. */
export function message(fields: readonly (readonly [number: number, value: bigint | Uint8Array])[]): Uint8Array {
  const sink = createByteSink();
  for (const [number, value] of fields) {
    if (value === 0n) continue;
    sink.varint(BigInt(number * 8 + (typeof value === 'bigint' ? 0 : 2)));
    if (typeof value === 'bigint') sink.varint(value);
    else {
      sink.varint(BigInt(value.length));
      sink.bytes(value);
    }
  }
  return sink.take();
}

/** Writes the files into a directory. */
export function writeFilesystemCheckpoint(directory: string, { files }: Pick<TestCheckpoint, 'files'>): string {
  mkdirSync(directory, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes);
  return directory;
}

/** A container of files in memory; `forward` gives sources that can only be read on, and no sizes, as a pipe does. */
export function containerOf(files: ReadonlyMap<string, Uint8Array>, forward = false): ImageContainer {
  const fileOf = (bytes: Uint8Array): ImageFile => ({
    size: forward ? null : bytes.length,
    open: async () => sourceOf(bytes, forward),
    openRandom: async () => null,
  });
  return {
    path: '/images/a',
    kind: 'fscheckpoint',
    bare: false,
    rereadable: !forward,
    enclosed: false,
    find: async (name) => {
      const bytes = files.get(name);
      return bytes === undefined ? null : fileOf(bytes);
    },
    async finish() {},
    async close() {},
  };
}

/** Small blocks, so that nothing is at hand by chance. */
function sourceOf(bytes: Uint8Array, forward: boolean): ByteSource {
  return memorySource(bytes, forward ? { blocks: [700], pipe: true } : {});
}
