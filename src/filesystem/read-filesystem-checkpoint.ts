/** Reads a filesystem checkpoint: the manifest, the metadata of its memory files, and the trees of its file systems. */
import type { ImageContainer, ImageFile, ImageFileName } from '../container/image-container.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { fileRanges } from './file-ranges.ts';
import type { Complain, FilesystemCheckpoint, FilesystemProblem } from './filesystem-checkpoint.ts';
import { type FilesystemManifest, type FilesystemPrefix, ownerOf } from './manifest.ts';
import { type ManifestRange, manifestBounds, outOfBounds } from './manifest-bounds.ts';
import { readMemoryOf } from './memory-of-manifest.ts';
import { readTree } from './multi-tar.ts';
import { isOpaque, isWhiteout } from './overlay-marks.ts';
import { pagesProblems } from './pages-problems.ts';
import { readManifest } from './read-manifest.ts';
import type { SavedFile, SavedFileSystem, SavedFileSystemKind } from './saved-file.ts';

/** Files to hold when the image comes from a pipe: `options.hold` of `openContainer`. */
export const FILESYSTEM_FILES: readonly ImageFileName[] = [
  'fscheckpoint.pb',
  'fscheckpoint.json',
  'pages_meta.img',
  'multitar.img',
  'fs/fscheckpoint.pb',
  'fs/fscheckpoint.json',
  'fs/pages_meta.img',
  'fs/multitar.img',
];

/**
 * Reads everything but the pages. What is damaged becomes one of `problems`, and the rest is still given.
 *
 * @param prefix '' for an image that is a filesystem checkpoint, `fs/` for the folder of a split checkpoint.
 * @returns null when there is no manifest there.
 * @throws CkptError of the container: `io-error`, `out-of-order`, `bad-archive` and others; `over-limit` for a manifest that is too long.
 * @see gVisor pkg/sentry/fscheckpoint/fscheckpoint.go; runsc/boot/fscheckpoint.go: startFSRestore
 */
export async function readFilesystemCheckpoint(
  container: ImageContainer,
  prefix: FilesystemPrefix,
  limits: Limits,
): Promise<FilesystemCheckpoint | null> {
  const found = await readManifest(container, prefix, limits);
  if (found === null) return null;
  const { encoding, manifest, other } = found;
  const problems: FilesystemProblem[] = [];
  const complain: Complain = (part, error, harmless = false) => {
    problems.push({ part, error, harmless });
  };
  if (found.problem !== null) complain('manifest', found.problem);
  const open = async (name: 'pages_meta.img' | 'multitar.img' | 'pages.img'): Promise<ImageFile | null> => {
    const file = await container.find(`${prefix}${name}`);
    if (file === null) complain('files', missing(`${container.path}/${prefix}${name}`));
    return file;
  };
  const about = (name: string): Complain => {
    const file = `${container.path}/${prefix}${name}`;
    return (part, error, harmless) => complain(part, error.at({ file }), harmless);
  };
  const meta = await open('pages_meta.img');
  const memory = await readMemoryOf(manifest, meta, limits, about('pages_meta.img'));
  const multiTar = await open('multitar.img');
  const trees = await readTrees(manifest, multiTar, limits, about('multitar.img'));
  const pages = await open('pages.img');
  const pagesBytes = pages === null ? null : await sizeOf(pages);
  const bytes = { manifest: found.bytes, multiTar: trees.bytes, pagesMeta: memory.bytes, pages: pagesBytes };
  if (manifest !== null) {
    manifestBounds(manifest, bytes, about);
    dropConsequences(problems, outOfBounds(manifest, bytes));
  }
  const requiredPages = pagesProblems(manifest, memory.files, pagesBytes, about('pages.img'));
  return {
    path: container.path,
    prefix,
    encoding,
    otherManifest: other,
    manifest,
    bytes,
    memoryFiles: memory.files.filter((file) => file !== null),
    requiredPages,
    fileSystems: trees.fileSystems,
    problems,
  };
}

/** What is cut off where a range ends behind its file is told once, with the range. */
function dropConsequences(problems: FilesystemProblem[], ranges: readonly ManifestRange[]): void {
  const parts = new Set(ranges.map(({ kind }) => (kind === 'memory' ? 'memory' : 'trees')));
  const kept = problems.filter(
    ({ part, error }) => error.code !== 'truncated' || !(part === 'memory' || part === 'trees') || !parts.has(part),
  );
  problems.splice(0, problems.length, ...kept);
}

async function readTrees(
  manifest: FilesystemManifest | null,
  file: ImageFile | null,
  limits: Limits,
  complain: Complain,
): Promise<{ readonly bytes: number | null; readonly fileSystems: SavedFileSystem[] }> {
  if (file === null) return { bytes: null, fileSystems: [] };
  const ranges = fileRanges(file, 'multitar.img');
  const budget = { members: limits.archiveMembers, left: limits.elements };
  const fileSystems: SavedFileSystem[] = [];
  try {
    for (const { id, tarStart, tarEnd } of manifest?.tmpfs ?? []) {
      const most = BigInt(file.size ?? Number.MAX_SAFE_INTEGER);
      const end = tarEnd < most ? tarEnd : most;
      let files: readonly SavedFile[] = [];
      // Ranges that lie outside of the file are told of with the bounds.
      if (tarStart < end) {
        try {
          const reader = await ranges.at(Number(tarStart));
          const options = { owner: ownerOf(id), littleEndian: manifest?.endian !== 'big', budget };
          const tree = await readTree(reader, Number(end), options);
          for (const error of tree.problems) complain('trees', error, isHarmless(error));
          files = tree.files;
        } catch (error) {
          if (!(error instanceof CkptError) || error.code !== 'truncated') throw error;
          complain('trees', error);
        }
      }
      fileSystems.push({ container: id.container, mountPoint: id.path, kind: kindOf(id.path, files), files });
    }
    return { bytes: await ranges.size(), fileSystems };
  } finally {
    await ranges.close();
  }
}

/** Go stops at the end of an archive and looks no further, and of two members of one name it takes the later. */
function isHarmless({ code, facts }: CkptError): boolean {
  return code === 'trailing-bytes' || (code === 'inconsistent' && facts.expected === 'each name once');
}

/**
 * What the tmpfs was for the container. The manifest does not say whether one below the root is a mount of its own or lies over a bind
 * mount; only the latter can have marks of what it hides.
 */
function kindOf(path: string, files: readonly SavedFile[]): SavedFileSystemKind {
  return path === '/' || files.some((file) => isWhiteout(file) || isOpaque(file)) ? 'overlay-upper' : 'tmpfs';
}

/** Bytes of a file. */
async function sizeOf(file: ImageFile): Promise<number> {
  const ranges = fileRanges(file, 'pages.img');
  try {
    return await ranges.size();
  } finally {
    await ranges.close();
  }
}

function missing(file: string): CkptError {
  return new CkptError(
    'not-found',
    { layer: 'filesystem', file },
    { expected: 'the four files of a filesystem checkpoint', found: 'none of this name', hint: 'Copy the whole directory' },
  );
}
