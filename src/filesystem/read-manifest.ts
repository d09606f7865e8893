/** Finds the manifest of a filesystem checkpoint in either encoding. */
import { joinedBytes } from '../bytes/source-reading.ts';
import type { ImageContainer, ImageFile } from '../container/image-container.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import {
  type FilesystemManifest,
  type FilesystemPrefix,
  MANIFEST_FILES,
  type ManifestEncoding,
  manifestError,
} from './manifest.ts';

/** A manifest that was found. */
export interface FoundManifest {
  readonly encoding: ManifestEncoding;
  /** Bytes of its file. */
  readonly bytes: number;
  /** A manifest of the other encoding lies beside it, and was not read. */
  readonly other: boolean;
  /** Null when it cannot be read. */
  readonly manifest: FilesystemManifest | null;
  /** Why it cannot be read. */
  readonly problem: CkptError | null;
}

/**
 * Finds and reads the manifest; the protobuf one when there are both.
 *
 * @returns null when the image has none.
 * @throws CkptError `over-limit` when it is larger than `limits.manifestBytes`, and those of the container.
 */
export async function readManifest(
  container: ImageContainer,
  prefix: FilesystemPrefix,
  limits: Limits,
): Promise<FoundManifest | null> {
  const protobuf = await container.find(`${prefix}${MANIFEST_FILES.protobuf}`);
  const json = await container.find(`${prefix}${MANIFEST_FILES.json}`);
  const file = protobuf ?? json;
  if (file === null) return null;
  const encoding: ManifestEncoding = protobuf === null ? 'json' : 'protobuf';
  const place = `${container.path}/${prefix}${MANIFEST_FILES[encoding]}`;
  const bytes = await wholeFile(file, place, limits.manifestBytes);
  const found = { encoding, bytes: bytes.length, other: protobuf !== null && json !== null };
  try {
    return { ...found, manifest: await decode(encoding, bytes, limits), problem: null };
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    return { ...found, manifest: null, problem: error.at({ file: place }) };
  }
}

async function decode(encoding: ManifestEncoding, bytes: Uint8Array, limits: Limits): Promise<FilesystemManifest> {
  if (encoding === 'json') {
    const { manifestFromJson } = await import('./manifest-json.ts');
    return manifestFromJson(bytes, limits);
  }
  const { manifestFromProtobuf } = await import('./manifest-protobuf.ts');
  return manifestFromProtobuf(bytes);
}

async function wholeFile(file: ImageFile, place: string, most: number): Promise<Uint8Array> {
  const source = await file.open();
  const blocks: Uint8Array[] = [];
  let length = 0;
  try {
    while (length <= most) {
      const block = await source.read(most + 1 - length);
      if (block.length === 0) return joinedBytes(blocks);
      blocks.push(block);
      length += block.length;
    }
  } finally {
    await source.close();
  }
  throw manifestError('over-limit', `a manifest of at most ${most} bytes`, 'a longer one', {
    hint: 'The image is damaged or hostile; a real manifest has a few hundred bytes',
  }).at({ file: place });
}
