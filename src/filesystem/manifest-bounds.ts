/** Whether the ranges of a manifest lie in their files. */
import { CkptError } from '../errors.ts';
import type { Complain, FilesystemBytes } from './filesystem-checkpoint.ts';
import { type FilesystemManifest, ownerOf } from './manifest.ts';

/** One range of a manifest. */
export interface ManifestRange {
  readonly kind: 'memory' | 'tmpfs';
  /** `container:path`. */
  readonly owner: string;
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes of the file that it is a range of. */
  readonly size: number;
}

/** Ranges that end behind their file, or before they begin, in the order of the manifest; none of files that are missing. */
export function outOfBounds(manifest: FilesystemManifest, bytes: FilesystemBytes): ManifestRange[] {
  const { pagesMeta, multiTar } = bytes;
  const memory = manifest.memoryFiles.map(({ id, metadataStart: start, metadataEnd: end }) => ({
    owner: ownerOf(id),
    start,
    end,
  }));
  const tmpfs = manifest.tmpfs.map(({ id, tarStart: start, tarEnd: end }) => ({ owner: ownerOf(id), start, end }));
  return [
    ...(pagesMeta === null ? [] : memory.map((range) => ({ kind: 'memory' as const, ...range, size: pagesMeta }))),
    ...(multiTar === null ? [] : tmpfs.map((range) => ({ kind: 'tmpfs' as const, ...range, size: multiTar }))),
  ].filter(({ start, end, size }) => end > BigInt(size) || start > end);
}

/**
 * Tells of ranges that are out of bounds, of names that come twice, of file systems without a memory file, and of bytes that no range
 * covers.
 *
 * @see gVisor runsc/boot/fscheckpoint.go: memoryFileLoadArgs, tmpfsSourceTar
 */
export function manifestBounds(manifest: FilesystemManifest, bytes: FilesystemBytes, about: (name: string) => Complain): void {
  const meta = about('pages_meta.img');
  const tar = about('multitar.img');
  const owners = manifest.memoryFiles.map(({ id }) => ownerOf(id));
  const known = new Set(owners);
  const names = manifest.tmpfs.map(({ id }) => ownerOf(id));
  for (const range of outOfBounds(manifest, bytes)) (range.kind === 'memory' ? meta : tar)('bounds', boundsError(range));
  for (const owner of twice(owners)) meta('bounds', wrong('each memory file once', `${JSON.stringify(owner)} again`), true);
  for (const name of twice(names)) tar('bounds', wrong('each file system once', `${JSON.stringify(name)} again`), true);
  for (const name of names.filter((one) => !known.has(one)))
    tar('trees', wrong(`a memory file for ${JSON.stringify(name)}`, 'none'));
  const covered = (complain: Complain, last: bigint, size: number | null): void => {
    if (size !== null && last < BigInt(size)) complain('bounds', surplus(Number(last), size), true);
  };
  covered(meta, largest(manifest.memoryFiles.map(({ metadataEnd }) => metadataEnd)), bytes.pagesMeta);
  covered(tar, largest(manifest.tmpfs.map(({ tarEnd }) => tarEnd)), bytes.multiTar);
}

function boundsError({ kind, owner, start, end, size }: ManifestRange): CkptError {
  const what = kind === 'memory' ? `the metadata of ${JSON.stringify(owner)}` : `the archive of ${JSON.stringify(owner)}`;
  return wrong(`${what} at ${start} to ${end}`, start > end ? 'a range that ends before it begins' : `a file of ${size} bytes`);
}

function largest(offsets: readonly bigint[]): bigint {
  let most = 0n;
  for (const offset of offsets) if (offset > most) most = offset;
  return most;
}

function surplus(last: number, size: number): CkptError {
  const facts = { expected: 'the end of the file', found: `${size - last} bytes that no range covers` };
  return new CkptError('trailing-bytes', { layer: 'filesystem', offset: last }, facts);
}

function wrong(expected: string, found: string): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'filesystem' },
    { expected, found, hint: 'The image is damaged or incomplete; copy it again' },
  );
}

function twice(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}
