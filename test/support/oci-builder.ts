/** OCI layouts as container engines write them, and as nobody should. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tarOf } from './image-forms.ts';

export interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** The files of a layout by path. */
export type LayoutFiles = Map<string, Uint8Array>;

export const TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  checkpoint: 'application/vnd.containerd.container.criu.checkpoint.criu.tar',
  options: 'application/vnd.containerd.container.checkpoint.options.v1+proto',
} as const;

export interface LayoutBuilder {
  readonly files: LayoutFiles;
  blob(bytes: Uint8Array, mediaType: string, more?: Partial<TestDescriptor>, algorithm?: 'sha256' | 'sha512'): TestDescriptor;
  /** A manifest of these layers, as a blob. */
  manifest(
    layers: readonly TestDescriptor[],
    annotations?: Record<string, string>,
    more?: Partial<TestDescriptor>,
  ): TestDescriptor;
  /** An index of these, as a blob. */
  index(manifests: readonly TestDescriptor[], more?: Partial<TestDescriptor>): TestDescriptor;
  /** Writes index.json and oci-layout. */
  finish(manifests: readonly TestDescriptor[]): LayoutFiles;
}

export function layoutBuilder(): LayoutBuilder {
  const files: LayoutFiles = new Map();
  const blob: LayoutBuilder['blob'] = (bytes, mediaType, more = {}, algorithm = 'sha256') => {
    const hex = createHash(algorithm).update(bytes).digest('hex');
    files.set(`blobs/${algorithm}/${hex}`, bytes);
    return { mediaType, digest: `${algorithm}:${hex}`, size: bytes.length, ...more };
  };
  return {
    files,
    blob,
    manifest(layers, annotations = {}, more = {}) {
      const config = blob(
        jsonBytes({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
        TYPES.config,
      );
      return blob(jsonBytes({ schemaVersion: 2, mediaType: TYPES.manifest, config, layers, annotations }), TYPES.manifest, more);
    },
    index: (manifests, more = {}) => blob(jsonBytes({ schemaVersion: 2, mediaType: TYPES.index, manifests }), TYPES.index, more),
    finish(manifests) {
      files.set('index.json', jsonBytes({ schemaVersion: 2, manifests }));
      files.set('oci-layout', jsonBytes({ imageLayoutVersion: '1.0.0' }));
      return files;
    },
  };
}

export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** What `ctr containers checkpoint` and `ctr images export` give: an index whose entries are the checkpoint itself and what belongs to it. */
export function containerdLayout(checkpointTar: Uint8Array): LayoutFiles {
  const layout = layoutBuilder();
  const platform = { os: 'linux', architecture: 'amd64' };
  const base = layout.manifest([layout.blob(new TextEncoder().encode('no layer'), `${TYPES.layer}+gzip`)]);
  const index = layout.index(
    [
      base,
      layout.blob(checkpointTar, TYPES.checkpoint, { platform }),
      layout.blob(new Uint8Array([8, 1, 18, 0]), TYPES.options, { platform }),
    ],
    {
      annotations: {
        'io.containerd.image.name': 'docker.io/library/saved:latest',
        'org.opencontainers.image.ref.name': 'latest',
      },
    },
  );
  return layout.finish([index]);
}

/** What `podman container checkpoint --create-image` and `podman save --format oci-dir` give: a layer with what an export would hold. */
export function podmanLayout(layer: Uint8Array): LayoutFiles {
  const layout = layoutBuilder();
  const manifest = layout.manifest(
    [layout.blob(layer, `${TYPES.layer}+gzip`)],
    { 'io.podman.annotations.checkpoint.name': 'looper', 'io.podman.annotations.checkpoint.runtime.name': 'runsc' },
    { annotations: { 'org.opencontainers.image.ref.name': 'localhost/saved:1' } },
  );
  return layout.finish([manifest]);
}

/** What `oras push` gives: files as blobs, with their names. */
export function orasLayout(files: Readonly<Record<string, Uint8Array>>, folder = ''): LayoutFiles {
  const layout = layoutBuilder();
  const blobs = Object.entries(files).map(([name, bytes]) =>
    layout.blob(bytes, 'application/octet-stream', { annotations: { 'org.opencontainers.image.title': `${folder}${name}` } }),
  );
  return layout.finish([layout.manifest(blobs)]);
}

/** Writes a layout as a directory. */
export function writeLayout(directory: string, files: LayoutFiles): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
  }
}

/** A layout as an archive; containerd sorts its members by name, others put the index first. */
export function layoutTar(files: LayoutFiles, order: 'sorted' | 'index-first' = 'sorted', folder = ''): Promise<Buffer> {
  const paths = [...files.keys()].sort();
  if (order === 'index-first') paths.reverse();
  return tarOf(paths.map((name) => ({ name: `${folder}${name}`, content: files.get(name) ?? new Uint8Array(0) })));
}
