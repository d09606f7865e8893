/** What is said when an archive does not give the image that is asked for. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { IndexedFile, IndexedImage } from './archive-index.ts';
import { joinedNames, splitPath } from './archive-names.ts';

/** No image at all, or none of the wanted path. */
export function noImage(seen: readonly string[], count: number, select: string | null): CkptError {
  const named = seen.filter((name) => name !== '').map((name) => `"${name}"`);
  const members = `${count} ${count === 1 ? 'file' : 'files'}, ${named.join(', ')}${count > named.length ? ', …' : ''}`;
  const found = count === 0 ? 'an archive without files' : named.length === 0 ? 'other compressed data' : members;
  return new CkptError(
    'no-image',
    { layer: 'container' },
    {
      expected:
        select === null
          ? 'a checkpoint image in the archive'
          : `a checkpoint image at "${select === '' ? '.' : select}" in the archive`,
      found,
      hint: 'Archive the directory that `runsc checkpoint --image-path` wrote',
    },
  );
}

/** Two readings of what the archive holds. */
export function otherImage(first: IndexedImage, second: IndexedImage): CkptError {
  const told = ({ path, kind }: IndexedImage): string => `"${path === '' ? '.' : path}" (${kind})`;
  return new CkptError(
    'ambiguous',
    { layer: 'container' },
    {
      expected: `nothing of another image behind ${told(first)}`,
      found: told(second),
      hint: 'Give the archive as a file, not compressed, or unpack it and give the directory',
    },
  );
}

/** A file that went by and cannot be had any more. */
export function outOfOrder(file: IndexedFile): CkptError {
  return new CkptError(
    'out-of-order',
    { layer: 'container', path: joinedNames(file.names) },
    {
      expected: 'the files of the image in the order in which they are read',
      found: `${splitPath(joinedNames(file.names)).base} of ${file.size ?? 'unknown'} bytes, which had gone by before it was needed`,
      hint: 'Give the archive as a file instead of a pipe, or let more of it be kept in memory with --limit heldBytes=N',
    },
  );
}

/** A file that was being read when the archive had to move on. */
export function overHeld(file: IndexedFile, limits: Limits): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'container', path: joinedNames(file.names) },
    {
      expected: `at most ${limits.heldBytes} bytes to keep in memory`,
      found: `more of ${splitPath(joinedNames(file.names)).base}`,
      hint: 'Give the archive as a file instead of a pipe, or let more of it be kept in memory with --limit heldBytes=N',
    },
  );
}

/** A file of an image that is a symbolic link or a device. */
export function notAFile(file: IndexedFile): CkptError {
  return new CkptError(
    'not-a-regular-file',
    { layer: 'container', path: joinedNames(file.names) },
    {
      expected: 'a file',
      found: file.kind === 'symlink' ? `a symbolic link to "${file.target}"` : 'a device, a pipe or a list of names',
      hint: 'Archive it with tar --dereference, so that the content is in the archive',
    },
  );
}
