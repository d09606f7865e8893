/** Reads a file of an archive in a new pass over it. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { partOf } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { IndexedFile } from './archive-index.ts';
import { joinedNames } from './archive-names.ts';
import { walkMembers } from './walk-members.ts';

/**
 * The content of a file that an earlier pass has found.
 *
 * @param input the archive at its first byte; closed with the file.
 * @throws CkptError `inconsistent` when the archive is no longer the same, and those of archives.
 */
export async function rereadMember(input: ByteSource, file: IndexedFile, limits: Limits): Promise<ByteSource> {
  const { position, size } = file;
  if (position !== null && size !== null && input.seekable) {
    await input.skip(position);
    return partOf(input, size);
  }
  const walk = walkMembers(input, limits);
  try {
    for (let ordinal = 0; ; ordinal++) {
      const member = await walk.next();
      if (member === null) throw changed(file);
      if (ordinal < file.ordinal) continue;
      if (joinedNames(member.names) !== joinedNames(file.names)) throw changed(file);
      const { source } = member;
      return { ...reading(source), close: () => walk.close() };
    }
  } catch (error) {
    await walk.close();
    throw error;
  }
}

function reading(source: ByteSource): Omit<ByteSource, 'close'> {
  return { size: source.size, seekable: source.seekable, read: (max) => source.read(max), skip: (count) => source.skip(count) };
}

function changed(file: IndexedFile): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'container', path: joinedNames(file.names) },
    {
      expected: 'the archive as it was a moment ago',
      found: 'another content',
      hint: 'Something writes to it; try again when that is done',
    },
  );
}
