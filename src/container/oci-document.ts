/** Indexes and manifests of OCI layouts, and the manifest.json of `docker save`. */
import { CkptError } from '../errors.ts';

/** What refers to a blob. */
export interface Descriptor {
  readonly mediaType: string;
  /** As it is written; not yet a name of anything. */
  readonly digest: string;
  /** Bytes, or null when that is not said. */
  readonly size: number | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** `linux/amd64`, or null. */
  readonly platform: string | null;
}

/** A list of images, an image, or something else. */
export type OciDocument =
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
  | { readonly kind: 'manifest'; readonly layers: readonly Descriptor[]; readonly annotations: Readonly<Record<string, string>> }
  | { readonly kind: 'other' };

/** One image of a `docker save` archive: paths inside the archive. */
export interface DockerImage {
  readonly config: string;
  readonly names: readonly string[];
  readonly layers: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The JSON value in a blob or file.
 *
 * @throws CkptError `bad-archive`.
 */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw notJson(where);
  }
}

/**
 * An index or a manifest, by what it has; one that has the parts of both is refused.
 *
 * @throws CkptError `bad-archive`.
 * @see OCI image spec, image-index.md, manifest.md; CVE-2021-41190 for documents that are both
 */
export function parseOciDocument(value: unknown, where: string): OciDocument {
  const fields = fieldsOf(value);
  if (fields === null) return { kind: 'other' };
  const { manifests, layers } = fields;
  if (Array.isArray(manifests) && (layers !== undefined || fields['config'] !== undefined))
    throw new CkptError(
      'bad-archive',
      { layer: 'container', path: where },
      { expected: 'an index or a manifest', found: 'one that is both' },
    );
  if (Array.isArray(manifests)) return { kind: 'index', manifests: manifests.map((item) => descriptor(item, where)) };
  if (Array.isArray(layers))
    return {
      kind: 'manifest',
      layers: layers.map((item) => descriptor(item, where)),
      annotations: texts(fields['annotations']),
    };
  return { kind: 'other' };
}

/**
 * The images of a `docker save` archive; null when the value is no list of them.
 *
 * @throws CkptError `bad-archive` for a path that leads out of the archive.
 * @see moby/moby image/tarexport/tarexport.go: manifestItem
 */
export function parseDockerImages(value: unknown): DockerImage[] | null {
  if (!Array.isArray(value)) return null;
  return value.map((item) => {
    const fields = fieldsOf(item);
    const { Config: config, Layers: layers, RepoTags: names } = fields ?? {};
    if (typeof config !== 'string' || !Array.isArray(layers)) throw badDocker('an image with Config and Layers', 'another value');
    return {
      config: innerPath(config),
      layers: layers.map((layer) => innerPath(typeof layer === 'string' ? layer : '')),
      names: Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [],
    };
  });
}

/** The digests of the uncompressed layers that an image's configuration states, in order. */
export function parseDiffIds(value: unknown): readonly string[] {
  const ids = fieldsOf(fieldsOf(value)?.['rootfs'])?.['diff_ids'];
  return Array.isArray(ids) ? ids.map((id) => (typeof id === 'string' ? id : '')) : [];
}

function innerPath(path: string): string {
  const parts = path.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'))) return path;
  throw badDocker('paths inside the archive', JSON.stringify(path.slice(0, 200)));
}

function badDocker(expected: string, found: string): CkptError {
  return new CkptError('bad-archive', { layer: 'container', path: 'manifest.json' }, { expected, found });
}

function descriptor(value: unknown, where: string): Descriptor {
  const fields = fieldsOf(value);
  const { mediaType, digest, size } = fields ?? {};
  if (typeof digest !== 'string')
    throw new CkptError(
      'bad-archive',
      { layer: 'container', path: where },
      { expected: 'descriptors with a digest', found: 'one without' },
    );
  if (size !== undefined && (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0))
    throw new CkptError(
      'bad-archive',
      { layer: 'container', path: where },
      { expected: 'a size in bytes', found: typeof size === 'number' ? String(size) : 'another value' },
    );
  const platform = fieldsOf(fields?.['platform']);
  const named = [platform?.['os'], platform?.['architecture'], platform?.['variant']].filter((part) => typeof part === 'string');
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest,
    size: size ?? null,
    annotations: texts(fields?.['annotations']),
    platform: named.length === 0 ? null : named.join('/'),
  };
}

function texts(value: unknown): Record<string, string> {
  const pairs = Object.entries(fieldsOf(value) ?? {});
  return Object.fromEntries(pairs.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])));
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function notJson(where: string): CkptError {
  return new CkptError(
    'bad-archive',
    { layer: 'container', path: where },
    { expected: 'JSON', found: 'other bytes', hint: 'An OCI layout says in this file where its blobs are' },
  );
}
