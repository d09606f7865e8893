/** Which blobs of an OCI layout may be a checkpoint, the likely ones first. */
import { CkptError } from '../errors.ts';
import { IMAGE_FILES, type ImageFileName } from './image-container.ts';
import type { OciBlob, OciGraph, OciNode } from './oci-graph.ts';
import { isCheckpointType } from './oci-names.ts';

/** A layer that may hold an image, or blobs that are the files of one. */
export interface OciCandidate {
  /** Digest of the layer, or of the manifest whose blobs are the files. */
  readonly id: string;
  /** Null when the blobs are files. */
  readonly layer: OciBlob | null;
  readonly files: ReadonlyMap<ImageFileName, OciBlob>;
  /** Names and platform of the image that it belongs to. */
  readonly references: readonly string[];
  readonly platform: string | null;
}

/** Fewest hexadecimal digits that stand for a digest. */
const SHORTEST_DIGEST = 6;
const STATES: readonly ImageFileName[] = ['checkpoint.img', 'fscheckpoint.pb', 'fscheckpoint.json'];

/**
 * The candidates in groups: blobs with the media type of a checkpoint; blobs that are files of an image by their titles; layers of images
 * that are annotated as checkpoints; all other layers. The last layer of an image comes first.
 *
 * @throws CkptError `ambiguous` when two blobs of one manifest have one title.
 */
export function findCandidates(graph: OciGraph, within: ReadonlySet<string> | null): readonly (readonly OciCandidate[])[] {
  const byType: OciCandidate[] = [];
  const byTitle: OciCandidate[] = [];
  const annotated: OciCandidate[] = [];
  const others: OciCandidate[] = [];
  for (const node of graph.nodes.values()) {
    const about = { references: [...node.references], platform: node.platform };
    const inNode = within === null || within.has(node.id);
    const files = inNode ? titledFiles(node) : null;
    if (files !== null) byTitle.push({ id: node.id, layer: null, files, ...about });
    for (const layer of node.layers.toReversed()) {
      if (!inNode && within?.has(layer.id) !== true) continue;
      const group = isCheckpointType(layer.mediaType) ? byType : node.isCheckpoint ? annotated : others;
      group.push({ id: layer.id, layer, files: new Map(), ...about });
    }
  }
  const seen = new Set<string>();
  return [byType, byTitle, annotated, others].map((group) =>
    group.filter(({ id }) => {
      const known = seen.has(id);
      seen.add(id);
      return !known;
    }),
  );
}

/**
 * Everything below the images of this name, digest, or beginning of a digest; null when there is none.
 *
 * @param selector such as `latest`, `sha256:4f53…` or `4f53cda1`.
 */
export function selectNodes(graph: OciGraph, selector: string): ReadonlySet<string> | null {
  const hex = selector.slice(selector.indexOf(':') + 1);
  const named = (id: string): boolean =>
    id === selector ||
    (hex.length >= SHORTEST_DIGEST && (id.startsWith(selector) || id.slice(id.indexOf(':') + 1).startsWith(selector)));
  const chosen = new Set<string>();
  const waiting: string[] = [];
  for (const node of graph.nodes.values()) {
    if (named(node.id) || node.references.has(selector)) waiting.push(node.id);
    for (const { id } of node.layers) if (named(id)) chosen.add(id);
  }
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (chosen.has(id)) continue;
    chosen.add(id);
    for (const child of graph.nodes.get(id)?.children ?? []) waiting.push(child);
  }
  return chosen.size === 0 ? null : chosen;
}

/** The files of an image among the blobs of a manifest, by their titles; null when there is no state file or manifest among them. */
function titledFiles(node: OciNode): ReadonlyMap<ImageFileName, OciBlob> | null {
  const titles = new Map<string, OciBlob>();
  for (const layer of node.layers) {
    if (layer.title === null) continue;
    const title = layer.title.replace(/^(?:[.]?\/)+/, '');
    const other = titles.get(title);
    if (other !== undefined && other.id !== layer.id)
      throw new CkptError(
        'ambiguous',
        { layer: 'container', path: node.id },
        { expected: `one blob titled ${JSON.stringify(title)}`, found: `${other.id} and ${layer.id}` },
      );
    titles.set(title, layer);
  }
  const state = [...titles.keys()].find((title) => STATES.some((name) => title === name || title.endsWith(`/${name}`)));
  if (state === undefined) return null;
  const folder = state.slice(0, state.lastIndexOf('/') + 1);
  const files = new Map<ImageFileName, OciBlob>();
  for (const name of IMAGE_FILES) {
    const blob = titles.get(`${folder}${name}`);
    if (blob !== undefined) files.set(name, blob);
  }
  return files;
}
