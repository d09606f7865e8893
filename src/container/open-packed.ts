/** An image in an archive, an OCI layout among them. */
import type { ImageContainer } from './image-container.ts';
import { openOciImage } from './oci-image.ts';
import { readOciMembers } from './oci-members.ts';
import { ociWatch } from './oci-watch.ts';
import { type ArchiveInput, type OpenArchiveOptions, openArchive } from './open-archive.ts';

/**
 * Finds the image in an archive. Where the archive is an OCI layout, its index says which blob the image is in, and digests are verified:
 * before the image is given, or, when the archive comes from a pipe, as the blobs go by and at the end.
 *
 * @throws CkptError those of {@link openArchive} and {@link openOciImage}.
 */
export async function openPacked(path: string, input: ArchiveInput, options: OpenArchiveOptions): Promise<ImageContainer> {
  const { first, again, random = null, select = null } = input;
  if (again === null) return openArchive(path, input, { ...options, watch: ociWatch(options.limits) });
  const store = await readOciMembers({ again, random }, options.limits);
  if (store === null) return openArchive(path, input, options);
  await first.close();
  return openOciImage(path, store, { ...options, select }, openArchive);
}
