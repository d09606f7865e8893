/** The checkpoint in an OCI layout: its blobs are found, tried and verified. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { DETECTION_BYTES, wrappingOf } from './detect-form.ts';
import type { ImageContainer, ImageFile, ImageFileName } from './image-container.ts';
import { findCandidates, type OciCandidate, selectNodes } from './oci-candidates.ts';
import { verifySource } from './oci-digest.ts';
import { type OciBlob, type OciGraph, type OciStore, readOciGraph } from './oci-graph.ts';
import { peeked } from './peeked-source.ts';

export interface OciOptions {
  readonly limits: Limits;
  readonly hold?: readonly ImageFileName[];
  readonly passing?: (name: ImageFileName, source: ByteSource) => Promise<void>;
  /** A name or a digest of the layout, or else a path in its checkpoint layer; null for the only image. */
  readonly select: string | null;
}

/** Opens an archive, as `openArchive` does. */
export type OpenLayer = (
  path: string,
  input: {
    readonly first: ByteSource;
    readonly again: (() => Promise<ByteSource>) | null;
    readonly random: () => Promise<RandomSource | null>;
    readonly select: string | null;
  },
  options: Omit<OciOptions, 'select'>,
) => Promise<ImageContainer>;

const STATE_MAGIC = 'gVisorSF';
const SHOWN = 5;

/**
 * Finds the one image in a layout. The digests of every index and manifest, and of the blobs that the image is in, are verified before it
 * is given.
 *
 * @throws CkptError `no-image`, `ambiguous`, `bad-digest`, `not-found` (a blob that is referred to), `bad-archive`, `over-limit`, and
 *   those of archives.
 */
export async function openOciImage(
  path: string,
  store: OciStore,
  options: OciOptions,
  openLayer: OpenLayer,
): Promise<ImageContainer> {
  const graph = await readOciGraph(store, options.limits);
  const within = options.select === null ? null : selectNodes(graph, options.select);
  const inner = within === null ? options.select : null;
  const absent: string[] = [...graph.missing];
  const tried: CkptError[] = [];
  for (const group of findCandidates(graph, within)) {
    const found: { readonly candidate: OciCandidate; readonly image: ImageContainer }[] = [];
    try {
      for (const candidate of group) {
        const image = await tryCandidate(path, store, candidate, { ...options, select: inner }, openLayer, absent, tried);
        if (image !== null) found.push({ candidate, image });
      }
      if (found.length > 1) throw several(found.map(({ candidate }) => candidate));
    } catch (error) {
      for (const { image } of found) await image.close();
      throw error;
    }
    if (found[0] !== undefined) return found[0].image;
  }
  if (absent[0] !== undefined) throw missingBlob(absent[0]);
  throw noCheckpoint(graph, options.select, tried);
}

async function tryCandidate(
  path: string,
  store: OciStore,
  { layer, files }: OciCandidate,
  options: OciOptions,
  openLayer: OpenLayer,
  absent: string[],
  tried: CkptError[],
): Promise<ImageContainer | null> {
  if (layer === null) return openFiles(path, store, files);
  const file = await store.file(layer.path);
  if (file === null) {
    absent.push(layer.path);
    return null;
  }
  const { bytes, source } = await peeked(await file.open(), DETECTION_BYTES);
  if (wrappingOf(bytes) === 'none') {
    await source.close();
    if (new TextDecoder('latin1').decode(bytes.subarray(0, STATE_MAGIC.length)) !== STATE_MAGIC) return null;
    await verifyBlob(layer, file);
    return imageOfFiles(path, true, new Map([['checkpoint.img', file]]));
  }
  const { select, ...rest } = options;
  let image: ImageContainer;
  try {
    const input = { first: source, again: () => file.open(), random: () => file.openRandom(), select };
    image = await openLayer(path, input, rest);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    if (error.code === 'no-image') {
      tried.push(error);
      return null;
    }
    // What cannot be read is most often damaged, and then that is what to say.
    await verifyBlob(layer, file);
    throw error.at({ path: layer.path });
  }
  try {
    await verifyBlob(layer, file);
  } catch (error) {
    await image.close();
    throw error;
  }
  return image;
}

/** The image whose files are blobs of their own. */
async function openFiles(path: string, store: OciStore, blobs: ReadonlyMap<ImageFileName, OciBlob>): Promise<ImageContainer> {
  const files = new Map<ImageFileName, ImageFile>();
  for (const [name, blob] of blobs) {
    const file = await store.file(blob.path);
    if (file === null) throw missingBlob(blob.path);
    await verifyBlob(blob, file);
    files.set(name, file);
  }
  return imageOfFiles(path, false, files);
}

function imageOfFiles(path: string, bare: boolean, files: ReadonlyMap<ImageFileName, ImageFile>): ImageContainer {
  return {
    path,
    kind: files.has('checkpoint.img') ? 'checkpoint' : 'fscheckpoint',
    bare,
    rereadable: true,
    enclosed: true,
    find: async (name) => files.get(name) ?? null,
    async finish() {},
    async close() {},
  };
}

async function verifyBlob(blob: OciBlob, file: ImageFile): Promise<void> {
  if (blob.digest === null) return;
  await verifySource(await file.open(), blob.digest, blob.size, blob.path);
}

function several(candidates: readonly OciCandidate[]): CkptError {
  const told = candidates.slice(0, SHOWN).map(({ id, platform, references }) => {
    const about = [platform, ...references].filter((part) => part !== null);
    return about.length === 0 ? id : `${id} (${about.join(', ')})`;
  });
  return new CkptError(
    'ambiguous',
    { layer: 'container' },
    {
      expected: 'one image in the OCI layout',
      found: `${candidates.length}: ${told.join('; ')}${candidates.length > SHOWN ? '; …' : ''}`,
      hint: 'Choose one by its name or digest: LAYOUT#NAME or LAYOUT#sha256:…',
    },
  );
}

function missingBlob(path: string): CkptError {
  return new CkptError(
    'not-found',
    { layer: 'container', path },
    {
      expected: `the blob ${path}, which the OCI layout refers to`,
      found: 'no such file in it',
      hint: 'Copy the whole layout; containerd leaves blobs of other platforms out unless told --all-platforms',
    },
  );
}

function noCheckpoint(graph: OciGraph, select: string | null, tried: readonly CkptError[]): CkptError {
  const types = [...graph.mediaTypes].map((type) => (type === '' ? 'none' : type));
  const listed =
    types.length === 0 ? 'nothing' : `${types.slice(0, SHOWN * 2).join(', ')}${types.length > SHOWN * 2 ? ', …' : ''}`;
  const last = tried.at(-1);
  const names = [...graph.nodes.values()].flatMap(({ references }) => [...references]).slice(0, SHOWN);
  return new CkptError(
    'no-image',
    { layer: 'container' },
    {
      expected: `a gVisor checkpoint in the OCI layout${select === null ? '' : ` at ${JSON.stringify(select)}`}`,
      found: `blobs of these media types: ${listed}${last === undefined ? '' : `; in a layer ${last.facts.found}`}`,
      ...(select === null || names.length === 0 ? {} : { hint: `Its images are named ${names.join(', ')}` }),
    },
  );
}
