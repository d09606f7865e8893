/** Watches the blobs of an OCI archive that goes by once: its files come in any order, and are verified by the names they lie under. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { bytesSource, readThrough } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { overCeiling } from './archive-error.ts';
import { joinedNames, splitPath } from './archive-names.ts';
import type { ImageFile } from './image-container.ts';
import { digestOfPath, verifiedSource } from './oci-digest.ts';
import { readOciGraph } from './oci-graph.ts';

/** What stands between the members of an archive and those who read them. */
export interface MemberWatch {
  /** A source for the member; bytes of blobs are hashed as they go by, and small documents are kept. */
  wrap(names: readonly string[], source: ByteSource): ByteSource;
  /**
   * At the end of the archive: that an index leads to the blob which the image was found in.
   *
   * @param imagePath names of the archives and folders that the image is in, as one path.
   * @throws CkptError `bad-digest`, `not-found`, `no-image`, `bad-archive`.
   */
  finish(imagePath: string): Promise<void>;
}

const DOCUMENTS: ReadonlySet<string> = new Set(['index.json', 'manifest.json']);
const OPENING = [0x7b, 0x5b];

/** Watches one archive. */
export function ociWatch(limits: Limits): MemberWatch {
  const documents = new Map<string, Uint8Array>();
  const blobs = new Map<string, number>();
  /** Indexes that were not kept. */
  const tooLarge = new Set<string>();
  let held = 0;

  /** @param named an index by its name, and not only by how it begins. */
  const keeping = (source: ByteSource, path: string, named: boolean): ByteSource => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    let kept = (source.size ?? Number.POSITIVE_INFINITY) <= limits.manifestBytes;
    if (named && !kept) tooLarge.add(path);
    const read = async (max: number): Promise<Uint8Array> => {
      const bytes = await source.read(max);
      if (!named && length === 0 && bytes.length > 0 && !OPENING.includes(bytes[0] as number)) kept = false;
      length += bytes.length;
      if (kept && bytes.length > 0) {
        held += bytes.length;
        if (held > limits.heldBytes)
          throw overCeiling('heldBytes', limits.heldBytes, 'bytes of indexes and manifests in a pipe', String(held));
        pieces.push(bytes.slice());
      }
      if (kept && length === source.size) {
        kept = false;
        documents.set(path, Buffer.concat(pieces));
      }
      return bytes;
    };
    return readThrough(source, read);
  };

  return {
    wrap(names, source) {
      const path = joinedNames(names);
      const blob = digestOfPath(path);
      if (blob !== null) {
        blobs.set(path, source.size ?? 0);
        return verifiedSource(keeping(source, path, false), blob.digest, null, path);
      }
      return DOCUMENTS.has(splitPath(path).base) ? keeping(source, path, true) : source;
    },
    async finish(imagePath) {
      const [, root = '', blob = ''] = /^((?:.*?\/)?)(blobs\/(?:sha256|sha512)\/[0-9a-f]+)(?:\/|$)/.exec(imagePath) ?? [];
      if (blob === '' || !blobs.has(`${root}${blob}`)) return;
      for (const name of DOCUMENTS)
        if (tooLarge.has(`${root}${name}`)) throw overCeiling('manifestBytes', limits.manifestBytes, `bytes of ${name}`, 'more');
      if (!documents.has(`${root}index.json`) && !documents.has(`${root}manifest.json`)) return;
      const graph = await readOciGraph(
        { file: async (path) => fileOf(documents.get(`${root}${path}`), blobs.get(`${root}${path}`)) },
        limits,
      );
      for (const { layers } of graph.nodes.values())
        for (const layer of layers) {
          if (layer.path !== blob) continue;
          // The other files had gone by when their names became known.
          if (imagePath === `${root}${blob}` && layers.some(({ id, title }) => title !== null && id !== layer.id))
            throw filesApart(blob);
          return checkSize(layer.size, blobs.get(`${root}${blob}`) ?? null, blob);
        }
      const [absent] = graph.missing;
      if (absent !== undefined)
        throw dangling('not-found', absent, 'the blob that the OCI layout refers to', 'no such file in the archive');
      throw dangling('no-image', blob, 'an index that leads to the blob with the image', 'none that does');
    },
  };
}

/** A document that was kept; a blob that was not kept is one that is no document. */
function fileOf(bytes: Uint8Array | undefined, size: number | undefined): ImageFile | null {
  if (bytes === undefined && size === undefined) return null;
  const content = bytes ?? new Uint8Array(0);
  return { size: content.length, open: async () => bytesSource(content), openRandom: async () => null };
}

function checkSize(stated: number | null, found: number | null, path: string): void {
  if (stated === null || found === null || stated === found) return;
  throw dangling('bad-digest', path, `${stated} bytes`, `${found} bytes`);
}

function filesApart(path: string): CkptError {
  return new CkptError(
    'out-of-order',
    { layer: 'container', path },
    {
      expected: 'the files of the image as one layer',
      found: 'each as a blob of its own, which cannot be told apart in a pipe',
      hint: 'Give the archive as a file instead of a pipe',
    },
  );
}

function dangling(code: 'not-found' | 'no-image' | 'bad-digest', path: string, expected: string, found: string): CkptError {
  return new CkptError(code, { layer: 'container', path }, { expected, found, hint: 'Copy the whole layout again' });
}
