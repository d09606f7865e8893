/** Use case `pack`: an image as one reproducible archive. */

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { ByteSource } from './bytes/byte-source.ts';
import { eachBlock, forwardSource } from './bytes/source-reading.ts';
import { IMAGE_FILES, type ImageContainer, type ImageFile, type ImageFileName } from './container/image-container.ts';
import { openKept } from './container/keep-passing.ts';
import { peeked } from './container/peeked-source.ts';
import { CkptError } from './errors.ts';
import { type Compression, compressionOfName } from './extraction/compress.ts';
import { type OutputPlace, openOutput } from './extraction/output.ts';
import { shownPath } from './io/http-address.ts';
import { type Spool, spoolFile, spoolMemory } from './io/spool-file.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { openPackCompressor } from './packing/pack-compressor.ts';
import { openPackWriter, type PackedMember, type PackWriter } from './packing/pack-writer.ts';
import { MAGIC } from './statefile/header.ts';

export const PACK_SCHEMA = 'ckpt/pack@1';

export interface PackOptions {
  /** Default: what the name of the file ends in. */
  readonly compression?: Compression;
  readonly limits?: Limits;
  /** Is told of the bytes of files that were read, and of how many there are (null: not known). */
  readonly onProgress?: (done: number, total: number | null) => void;
}

/** `ckpt/pack@1` */
export interface PackDocument {
  readonly schema: typeof PACK_SCHEMA;
  /** As it was given. */
  readonly image: string;
  /** Null for a stream. */
  readonly file: string | null;
  readonly compression: Compression;
  /** Of the archive. */
  readonly bytes: number;
  readonly sha256: string;
  /** In the order of the archive. */
  readonly members: readonly PackedMember[];
}

/** Files that are kept when they go by in a pipe; pages that do are put aside. */
const HELD = IMAGE_FILES.filter((name) => !name.endsWith('pages.img'));

/**
 * Writes the files of an image as a tar archive: in one order, with fixed modes, owners and times, so that one image gives the same bytes in
 * whatever form it comes. A state file by itself is packed as `checkpoint.img`.
 *
 * A file has its name when it is whole: on any failure nothing is left. Memory is bounded; what goes by too early in a pipe is put into a
 * nameless file beside the output.
 *
 * @throws CkptError when the image cannot be read to its end, `not-an-image` when it is none; UsageError when the output cannot be written.
 */
export async function pack(path: string, place: OutputPlace, options: PackOptions = {}): Promise<PackDocument> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const file = 'file' in place ? place.file : null;
  const compression = options.compression ?? compressionOfName(file ?? '');
  const output = openOutput(place);
  const spool = (): Spool => (file === null ? spoolMemory(limits.heldBytes) : spoolFile(dirname(file)));
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const compressor = await openPackCompressor(compression, async (block) => {
      hash.update(block);
      bytes += block.length;
      await output.write(block);
    });
    try {
      const members = await writeMembers(path, { limits, spool, onProgress: options.onProgress ?? (() => {}) }, compressor.write);
      await compressor.finish();
      output.finish();
      return { schema: PACK_SCHEMA, image: shownPath(path), file, compression, bytes, sha256: hash.digest('hex'), members };
    } finally {
      compressor.close();
    }
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  } finally {
    output.abandon();
  }
}

interface Work {
  readonly limits: Limits;
  readonly spool: () => Spool;
  readonly onProgress: (done: number, total: number | null) => void;
}

async function writeMembers(path: string, work: Work, write: (bytes: Uint8Array) => Promise<void>): Promise<PackedMember[]> {
  const image = await openKept(path, { limits: work.limits, hold: HELD, spool: work.spool });
  let done = 0;
  let total: number | null = null;
  const writer = openPackWriter(write, (count) => {
    done += count;
    work.onProgress(done, total);
  });
  try {
    if (image.container.rereadable) total = await totalBytes(image.container);
    const members: PackedMember[] = [];
    for (const name of IMAGE_FILES) {
      const found = await image.container.find(name);
      if (found !== null) members.push(await addFile(writer, name, found, work.spool));
    }
    // Damage behind the last file, and wrong digests, before anything is given a name.
    await image.end();
    await writer.finish();
    return members;
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    await image.close();
  }
}

async function totalBytes(container: ImageContainer): Promise<number | null> {
  let total = 0;
  for (const name of IMAGE_FILES) {
    const found = await container.find(name);
    if (found === null) continue;
    if (found.size === null) return null;
    total += found.size;
  }
  return total;
}

async function addFile(writer: PackWriter, name: ImageFileName, file: ImageFile, spool: () => Spool): Promise<PackedMember> {
  let source = await file.open();
  try {
    if (name === 'checkpoint.img') source = await stateFile(source);
    if (file.size !== null) return await writer.add(name, file.size, source);
    const room = spool();
    try {
      await eachBlock(source, room.append);
      return await writer.add(name, room.size, forwardSource(room));
    } finally {
      await room.close();
    }
  } finally {
    await source.close();
  }
}

/** The source of a state file, which begins as one. */
async function stateFile(source: ByteSource): Promise<ByteSource> {
  const { bytes, source: whole } = await peeked(source, MAGIC.length);
  if (MAGIC.every((byte, index) => bytes[index] === byte)) return whole;
  throw new CkptError(
    bytes.length === 0 ? 'empty' : 'not-an-image',
    { layer: 'header', offset: 0 },
    {
      expected: 'the magic "gVisorSF" of a gVisor state file',
      found: bytes.length === 0 ? 'an empty file' : 'other bytes',
      hint: '`ckpt verify` tells what is wrong with an image',
    },
  );
}
