/** An image in an OCI layout that is a directory. */
import { openContained } from '../io/contained-file.ts';
import type { ImageContainer } from './image-container.ts';
import type { OciStore } from './oci-graph.ts';
import { openOciImage } from './oci-image.ts';
import { type OpenArchiveOptions, openArchive } from './open-archive.ts';

/**
 * Finds the image in the layout at `folder`, or in a directory that `skopeo copy … dir:` wrote.
 *
 * @param select a name or a digest of the layout, or a path in its checkpoint layer; null for the only image.
 * @throws CkptError those of {@link openOciImage}; `bad-archive` for a link that leads out of the directory.
 */
export function openOciLayout(
  path: string,
  options: OpenArchiveOptions,
  folder: string = path,
  select: string | null = null,
): Promise<ImageContainer> {
  const store: OciStore = {
    // Without `blobs`, blobs lie beside the manifest under the digits of their digests.
    file: async (name) =>
      openContained(folder, name) ?? (name.startsWith('blobs/sha256/') ? openContained(folder, name.slice(13)) : null),
  };
  return openOciImage(path, store, { ...options, select }, openArchive);
}
