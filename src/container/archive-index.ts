/** Which images an archive holds, by the names of the members that have come so far. */
import { CkptError } from '../errors.ts';
import { joinedNames, splitPath } from './archive-names.ts';
import { FILESYSTEM_MARKS, type ImageFileName, type ImageKind, STATE_FILE } from './image-container.ts';
import { isImageFileName, type Member } from './walk-members.ts';

/** A file of an image, or of what may be one. */
export interface IndexedFile {
  /** Its number among the members, from 0. */
  readonly ordinal: number;
  readonly names: readonly string[];
  readonly kind: Member['kind'];
  readonly target: string;
  readonly size: number | null;
  readonly position: number | null;
}

/** An image: a folder of an archive, or a state file by itself. */
export interface IndexedImage {
  /** Names of the archives it is in and of its folder or file, as one path; empty for the top of the outermost archive. */
  readonly path: string;
  readonly kind: ImageKind;
  readonly bare: boolean;
}

/** Files of images under names that are theirs, or a state file under its own. */
export interface ArchiveIndex {
  /**
   * Takes the next member; null when it is no file of an image, or not of the one that was asked for.
   *
   * @throws CkptError `ambiguous` when the file has come before, or when there are several images.
   */
  add(member: Member, ordinal: number): IndexedFile | null;
  /** The only image so far, once it is clear what it is; at the end of the archive everything is. */
  chosen(ended: boolean): IndexedImage | null;
  /** A file of an image, or null. */
  file(image: IndexedImage, name: ImageFileName): IndexedFile | null;
  /** The file of an image with these names, or null. */
  named(names: readonly string[]): IndexedFile | null;
  /** What the file is called in its image, as far as that is known. */
  nameOf(file: IndexedFile): ImageFileName;
}

/** Files of which one makes a folder an image. */
const MAKES_IMAGE: readonly string[] = [STATE_FILE, ...FILESYSTEM_MARKS];
/** The folder of a file system checkpoint that belongs to a full one. */
const SPLIT = 'fs';
/** Most files of images that are kept apart by name: an archive with more is none that was made of one image. */
const MOST_FILES = 65_536;
/** Images that an error names. */
const MOST_NAMED = 5;

/** @param select the path of the wanted image in the archive, normalized; null for the only one. */
export function archiveIndex(select: string | null): ArchiveIndex {
  /** Files by folder and base name. State files by themselves have an empty base name. */
  const folders = new Map<string, Map<string, IndexedFile>>();
  /** Those of them that hold what makes an image: few, where folders with pages alone can be many. */
  const candidates = new Map<string, Map<string, IndexedFile>>();
  let count = 0;

  const images = (): IndexedImage[] => {
    const found: IndexedImage[] = [];
    for (const [path, files] of candidates) {
      if (files.has('')) found.push({ path, kind: 'checkpoint', bare: true });
      if (files.has(STATE_FILE)) found.push({ path, kind: 'checkpoint', bare: false });
      else if (FILESYSTEM_MARKS.some((name) => files.has(name)) && !isSplit(path))
        found.push({ path, kind: 'fscheckpoint', bare: false });
    }
    return found;
  };
  const isSplit = (path: string): boolean => {
    const { folder, base } = splitPath(path);
    return base === SPLIT && folders.get(folder)?.has(STATE_FILE) === true;
  };
  const only = (): IndexedImage | null => {
    const found = images().filter(({ path }) => select === null || path === select);
    if (found.length > 1) throw several(found);
    return found[0] ?? null;
  };

  return {
    add(member, ordinal) {
      const path = joinedNames(member.names);
      const { folder, base } = splitPath(path);
      const named = isImageFileName(base) && member.names.length > 0;
      if (!named && !member.isState) return null;
      const [place, name] = named ? [folder, base] : [path, ''];
      if (select !== null && place !== select && place !== (select === '' ? SPLIT : `${select}/${SPLIT}`)) return null;
      const files = folders.get(place) ?? new Map<string, IndexedFile>();
      folders.set(place, files);
      if (files.has(name)) throw duplicate(path);
      count++;
      if (count > MOST_FILES) throw several(images());
      const { names, kind, target, size, position } = member;
      const file: IndexedFile = { ordinal, names, kind, target, size, position };
      files.set(name, file);
      if (name === '' || MAKES_IMAGE.includes(name)) {
        candidates.set(place, files);
        only();
      }
      return file;
    },
    chosen(ended) {
      const image = only();
      // A folder `fs` can turn out to be a part of an image whose checkpoint.img is still to come.
      const open = image?.kind === 'fscheckpoint' && splitPath(image.path).base === SPLIT;
      return open && !ended ? null : image;
    },
    file({ path, bare }, name) {
      if (bare) return name === STATE_FILE ? (folders.get(path)?.get('') ?? null) : null;
      const { folder, base } = splitPath(name);
      const place = folder === '' ? path : path === '' ? folder : `${path}/${folder}`;
      return folders.get(place)?.get(base) ?? null;
    },
    named(names) {
      const path = joinedNames(names);
      const { folder, base } = splitPath(path);
      const found = folders.get(folder)?.get(base) ?? folders.get(path)?.get('') ?? null;
      return found?.names.length === names.length ? found : null;
    },
    nameOf(file) {
      const { folder, base } = splitPath(joinedNames(file.names));
      if (!isImageFileName(base)) return STATE_FILE;
      const inside = isSplit(folder) || (splitPath(folder).base === SPLIT && !folders.get(folder)?.has(STATE_FILE));
      return (inside ? `${SPLIT}/${base}` : base) as ImageFileName;
    },
  };
}

function several(images: readonly IndexedImage[]): CkptError {
  const names = images.slice(0, MOST_NAMED).map(({ path }) => `"${path === '' ? '.' : path}"`);
  const more = images.length > names.length ? ', …' : '';
  return new CkptError(
    'ambiguous',
    { layer: 'container' },
    {
      expected: 'an archive with one image',
      found: `${images.length} images: ${names.join(', ')}${more}`,
      hint: 'Name one of them behind the name of the file: ARCHIVE#PATH',
    },
  );
}

function duplicate(path: string): CkptError {
  return new CkptError(
    'ambiguous',
    { layer: 'container' },
    {
      expected: 'one member of each name',
      found: `two members "${path}"`,
      hint: 'tar extracts the last of them; unpack the archive and give the directory',
    },
  );
}
