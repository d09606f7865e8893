/** A filesystem checkpoint, whether it is the whole image or its folder `fs/`. */
import type { FilesystemCheckpoint, FilesystemPart } from '../filesystem/filesystem-checkpoint.ts';
import { MANIFEST_FILES } from '../filesystem/manifest.ts';
import type { SavedFileSystem } from '../filesystem/saved-file.ts';
import { committedBefore } from '../pages/memory-ranges.ts';
import type { MemoryFile } from '../pages/step-over-memory.ts';
import { beginCheck, type Check, type CheckId } from './check.ts';
import { type Damage, damageOf, type Report } from './damage.ts';

/** Which check tells of which part. */
const CHECK_OF: Readonly<Record<FilesystemPart, CheckId>> = {
  files: 'fs-manifest',
  manifest: 'fs-manifest',
  bounds: 'fs-manifest',
  memory: 'fs-memory-metadata',
  trees: 'fs-files',
  pages: 'fs-pages',
};

/**
 * The checks of a filesystem checkpoint that was read.
 *
 * @param readPages bytes of its pages.img that were read to its end, and what kept them from being read; null when they were not to be.
 */
export function checkFilesystem(
  checkpoint: FilesystemCheckpoint,
  readPages: { readonly bytes: number; readonly damage: Damage | null } | null,
): readonly Check[] {
  const { manifest, prefix, encoding, bytes, memoryFiles, fileSystems, problems, requiredPages } = checkpoint;
  const name = (file: string): string => `${prefix}${file}`;
  const checks = {
    'fs-manifest': beginCheck('fs-manifest'),
    'fs-memory-metadata': beginCheck('fs-memory-metadata'),
    'fs-files': beginCheck('fs-files'),
    'fs-pages': beginCheck('fs-pages'),
  };
  for (const { part, error } of problems) {
    const check = checks[CHECK_OF[part] as keyof typeof checks];
    const damage = damageOf(error, null);
    check.report({ ...damage, file: nameInImage(error.place.file, checkpoint.path) ?? name(MANIFEST_FILES[encoding]) });
  }
  const manifestCheck = checks['fs-manifest'].done('the manifest is readable, and its ranges lie in the files', {
    bytes: bytes.manifest,
    memoryFiles: manifest?.memoryFiles.length ?? 0,
    fileSystems: manifest?.tmpfs.length ?? 0,
  });
  if (manifest === null) {
    const why = 'the manifest is not readable';
    return [
      manifestCheck,
      checks['fs-memory-metadata'].notDone(why),
      checks['fs-files'].notDone(why),
      checks['fs-pages'].notDone(why),
    ];
  }
  const ranges = memoryFiles.reduce((sum, file) => sum + file.ranges.length, 0);
  const pageBytes = memoryFiles.reduce((sum, file) => sum + file.committedBytes, 0);
  const complete = memoryFiles.length === manifest.memoryFiles.length;
  const files = fileSystems.flatMap((one) => one.files);
  const covered = complete
    ? checkExtents(fileSystems, memoryFiles, name('multitar.img'), checks['fs-files'].report)
    : { extents: 0, savedBytes: 0 };
  if (readPages !== null && readPages.damage !== null) checks['fs-pages'].report(readPages.damage);
  const pagesRead = readPages === null ? {} : { bytesRead: readPages.bytes };
  return [
    manifestCheck,
    checks['fs-memory-metadata'].done('ranges are whole pages in ascending order', {
      memoryFiles: memoryFiles.length,
      ranges,
      pageBytes,
      bytes: bytes.pagesMeta ?? 0,
    }),
    checks['fs-files'].done('archives are readable to their ends, and what files hold is saved', {
      files: files.length,
      ...covered,
      bytes: bytes.multiTar ?? 0,
    }),
    checks['fs-pages'].done('as many bytes as the metadata says; what is in pages has no checksum', {
      ranges,
      bytes: bytes.pages ?? requiredPages,
      ...pagesRead,
    }),
  ];
}

/**
 * Every stretch of a file that has memory names a memory file. Of hard links the first name counts.
 *
 * Pages that are all zero need not be saved, so that a stretch of which less is saved than it is long is no damage.
 */
function checkExtents(
  fileSystems: readonly SavedFileSystem[],
  memoryFiles: readonly MemoryFile[],
  file: string,
  report: Report,
): { readonly extents: number; readonly savedBytes: number } {
  const byOwner = new Map(memoryFiles.map((memory) => [memory.owner, memory]));
  const covered = { extents: 0, savedBytes: 0 };
  for (const { files } of fileSystems) {
    for (const { path, extents, linkTo } of files) {
      if (linkTo !== null) continue;
      for (const { owner, memoryOffset, length } of extents) {
        covered.extents++;
        const ranges = byOwner.get(owner)?.ranges;
        if (ranges !== undefined)
          covered.savedBytes += committedBefore(ranges, memoryOffset + length) - committedBefore(ranges, memoryOffset);
        else {
          const message = `expected a memory file ${JSON.stringify(owner)} for ${JSON.stringify(path)}, found none`;
          report({ code: 'dangling-reference', layer: 'filesystem', file, offset: null, decoded: null, message });
        }
      }
    }
  }
  return covered;
}

/** `fs/multitar.img`, of a file that is named by its whole path. */
function nameInImage(file: string | undefined, path: string): string | null {
  if (file === undefined) return null;
  return file.startsWith(`${path}/`) ? file.slice(path.length + 1) : file;
}
