/** What container engines call checkpoints in the images they write. */
import type { Descriptor } from './oci-document.ts';

/**
 * The media type of a task's checkpoint. containerd puts it into an index, beside manifests; the tar has the files of the image at its root.
 *
 * @see containerd core/images/mediatypes.go: MediaTypeContainerd1Checkpoint; client/container_checkpoint_opts.go: WithCheckpointTask
 */
const CHECKPOINT_TYPE = 'application/vnd.containerd.container.criu.checkpoint.criu.tar';

/**
 * Annotations of manifests that hold a checkpoint.
 *
 * @see podman libpod/define/annotations.go: CheckpointAnnotationName; cri-o internal annotations: CheckpointAnnotationName;
 *   checkpointctl pkg/metadata: CheckpointAnnotationName
 */
const CHECKPOINT_ANNOTATIONS: readonly string[] = [
  'io.podman.annotations.checkpoint.',
  'io.kubernetes.cri-o.annotations.checkpoint.',
  'org.criu.checkpoint.',
];

/** Files at the top of a layout. @see OCI image layout specification; manifest.json is that of `docker save` */
export const LAYOUT_MARKS: ReadonlySet<string> = new Set(['oci-layout', 'index.json', 'manifest.json']);

/** Annotations that name a blob's file, and an image in an index. */
const TITLE = 'org.opencontainers.image.title';
const REFERENCES: readonly string[] = ['org.opencontainers.image.ref.name', 'io.containerd.image.name'];

/** Kinds of blobs that are indexes or manifests. */
const DOCUMENT_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.artifact.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

/** Whether a blob is a checkpoint by its media type, with or without a compression after `+`. */
export function isCheckpointType(mediaType: string): boolean {
  return mediaType === CHECKPOINT_TYPE || mediaType.startsWith(`${CHECKPOINT_TYPE}+`);
}

export function isDocumentType(mediaType: string): boolean {
  return DOCUMENT_TYPES.has(mediaType);
}

/** Whether annotations say that the image holds a checkpoint. */
export function saysCheckpoint(annotations: Readonly<Record<string, string>>): boolean {
  return Object.keys(annotations).some((key) => CHECKPOINT_ANNOTATIONS.some((prefix) => key.startsWith(prefix)));
}

/** The name of the file that a blob is, or null. */
export function titleOf(descriptor: Descriptor): string | null {
  return descriptor.annotations[TITLE] ?? null;
}

/** The names that an index gives an image. */
export function referencesOf(descriptor: Descriptor): string[] {
  return REFERENCES.flatMap((key) => descriptor.annotations[key] ?? []);
}
