/** What the indexes and manifests of an OCI layout lead to. */

import { readUpTo } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { ImageFile } from './image-container.ts';
import { blobPath, digestText, type OciDigest, parseDigest, verifyBytes } from './oci-digest.ts';
import {
  type Descriptor,
  type OciDocument,
  parseDiffIds,
  parseDockerImages,
  parseJson,
  parseOciDocument,
} from './oci-document.ts';
import { isCheckpointType, isDocumentType, referencesOf, saysCheckpoint, titleOf } from './oci-names.ts';

/** The files of a layout, wherever it lies. */
export interface OciStore {
  /**
   * A file by its path in the layout, such as `blobs/sha256/…`; null when it is not there.
   *
   * @throws CkptError of the file system, the archive or the server.
   */
  file(path: string): Promise<ImageFile | null>;
}

/** A layer, or a file that is stored as one. */
export interface OciBlob {
  /** Its digest as text, or its path when it is not named by one: what it is called towards people. */
  readonly id: string;
  readonly path: string;
  /** Null when nothing says what it should be. */
  readonly digest: OciDigest | null;
  readonly size: number | null;
  readonly mediaType: string;
  readonly title: string | null;
}

/** An index or a manifest. */
export interface OciNode {
  /** Its digest; `index.json` and `manifest.json` for themselves. */
  readonly id: string;
  /** Names that it has in the indexes above it. */
  readonly references: Set<string>;
  platform: string | null;
  /** Digests of the indexes and manifests below it. */
  readonly children: string[];
  readonly layers: OciBlob[];
  /** Annotations of it, or of what refers to it, say that it holds a checkpoint. */
  isCheckpoint: boolean;
}

export interface OciGraph {
  /** By digest, in the order of the indexes. */
  readonly nodes: ReadonlyMap<string, OciNode>;
  /** Paths of indexes and manifests that are referred to and not there. */
  readonly missing: readonly string[];
  /** Media types of everything that is referred to. */
  readonly mediaTypes: ReadonlySet<string>;
}

/**
 * Reads `index.json`, or `manifest.json` where there is none, and every index and manifest below it. The digest of each is verified.
 *
 * @throws CkptError `no-image` when neither file is there; `bad-archive`, `bad-digest`, `over-limit`, `unsupported`.
 */
export async function readOciGraph(store: OciStore, limits: Limits): Promise<OciGraph> {
  const nodes = new Map<string, OciNode>();
  const missing: string[] = [];
  const mediaTypes = new Set<string>();
  const waiting: Descriptor[] = [];

  const nodeOf = (id: string): OciNode => {
    let node = nodes.get(id);
    if (node === undefined) {
      node = { id, references: new Set(), platform: null, children: [], layers: [], isCheckpoint: false };
      nodes.set(id, node);
    }
    return node;
  };
  const blobOf = (descriptor: Descriptor, where: string): OciBlob => {
    const digest = parseDigest(descriptor.digest, where);
    const { size, mediaType } = descriptor;
    return { id: digestText(digest), path: blobPath(digest), digest, size, mediaType, title: titleOf(descriptor) };
  };
  const take = (node: OciNode, document: OciDocument): void => {
    if (document.kind === 'manifest') {
      node.isCheckpoint ||= saysCheckpoint(document.annotations);
      for (const layer of document.layers) {
        mediaTypes.add(layer.mediaType);
        node.layers.push(blobOf(layer, node.id));
      }
    }
    if (document.kind !== 'index') return;
    for (const entry of document.manifests) {
      mediaTypes.add(entry.mediaType);
      if (isDocumentType(entry.mediaType) || entry.mediaType === '') {
        node.children.push(entry.digest);
        const child = nodes.get(entry.digest);
        if (child === undefined) waiting.push(entry);
        else for (const name of referencesOf(entry)) child.references.add(name);
      } else if (isCheckpointType(entry.mediaType)) {
        node.layers.push(blobOf(entry, node.id));
      }
    }
  };

  const index = await store.file('index.json');
  const first = index ?? (await store.file('manifest.json'));
  const name = index === null ? 'manifest.json' : 'index.json';
  if (first === null) throw noIndex();
  const value = parseJson(await readDocument(first, limits, name), name);
  const images = index === null ? parseDockerImages(value) : null;
  if (images === null) take(nodeOf(name), parseOciDocument(value, name));
  else
    for (const [position, image] of images.entries()) await takeDockerImage(store, limits, nodeOf(`${name}[${position}]`), image);

  // Grows while it is gone through.
  for (const entry of waiting) {
    const digest = parseDigest(entry.digest, name);
    const seen = nodes.has(entry.digest);
    const node = nodeOf(entry.digest);
    for (const reference of referencesOf(entry)) node.references.add(reference);
    node.isCheckpoint ||= saysCheckpoint(entry.annotations);
    node.platform ??= entry.platform;
    if (seen) continue;
    if (nodes.size > limits.archiveMembers) throw overMembers(limits);
    const path = blobPath(digest);
    const file = await store.file(path);
    if (file === null) {
      missing.push(path);
      continue;
    }
    if (entry.size !== null && entry.size > limits.manifestBytes) throw overManifest(limits, path);
    const bytes = await readDocument(file, limits, path);
    verifyBytes(bytes, digest, entry.size, path);
    // A blob without a media type may be anything.
    if (entry.mediaType !== '' || bytes[0] === 0x7b) take(node, parseOciDocument(parseJson(bytes, path), path));
  }
  return { nodes, missing, mediaTypes };
}

/** The layers of an image that `docker save` wrote; what its configuration says of them holds while they are not compressed. */
async function takeDockerImage(
  store: OciStore,
  limits: Limits,
  node: OciNode,
  image: { readonly config: string; readonly names: readonly string[]; readonly layers: readonly string[] },
): Promise<void> {
  for (const name of image.names) node.references.add(name);
  const config = await store.file(image.config);
  let diffIds: readonly string[] = [];
  if (config !== null) {
    const bytes = await readDocument(config, limits, image.config);
    const [, hex] = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(image.config) ?? [];
    if (hex !== undefined) verifyBytes(bytes, { algorithm: 'sha256', hex }, null, image.config);
    diffIds = parseDiffIds(parseJson(bytes, image.config));
  }
  for (const [position, path] of image.layers.entries()) {
    const [, algorithm, hex] = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(path) ?? [];
    const stated = algorithm === undefined ? diffIds[position] : `${algorithm}:${hex}`;
    const digest = stated === undefined || stated === '' ? null : parseDigest(stated, image.config);
    node.layers.push({ id: digest === null ? path : digestText(digest), path, digest, size: null, mediaType: '', title: null });
  }
}

async function readDocument(file: ImageFile, limits: Limits, path: string): Promise<Uint8Array> {
  if (file.size !== null && file.size > limits.manifestBytes) throw overManifest(limits, path);
  const source = await file.open();
  try {
    const bytes = await readUpTo(source, (file.size ?? limits.manifestBytes) + 1);
    if (bytes.length > limits.manifestBytes) throw overManifest(limits, path);
    return bytes;
  } finally {
    await source.close();
  }
}

function overManifest(limits: Limits, path: string): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'container', path },
    {
      expected: `an index or manifest of at most ${limits.manifestBytes} bytes`,
      found: 'a larger one',
      hint: 'If it can be trusted, raise the ceiling with --limit manifestBytes=N',
    },
  );
}

function overMembers(limits: Limits): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'container' },
    { expected: `at most ${limits.archiveMembers} indexes and manifests (archiveMembers)`, found: 'more' },
  );
}

function noIndex(): CkptError {
  return new CkptError(
    'no-image',
    { layer: 'container' },
    { expected: 'an OCI layout with index.json', found: 'one without it', hint: 'Copy the whole layout' },
  );
}
