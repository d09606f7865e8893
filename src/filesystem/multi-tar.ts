/** One file system of multitar.img: the tree that its archive describes. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import type { SavedFile, SavedFileType } from './saved-file.ts';
import { type TarEntry, tarEntries } from './tar-entries.ts';
import { type ExtentBudget, type FileContent, readContent, savedFile, typeOf } from './tree-entry.ts';
import { treeError } from './tree-error.ts';

/** What an archive is read with. */
export interface TreeOptions {
  /** Owner of the memory file that holds the content of its files. */
  readonly owner: string;
  /** Byte order of the records. */
  readonly littleEndian: boolean;
  /** How many more members and stretches of files may be read; shared by all archives of an image. */
  readonly budget: ExtentBudget & { members: number };
}

/** A tree as far as it could be read. */
export interface SavedTree {
  /** See `SavedFileSystem.files`. */
  readonly files: readonly SavedFile[];
  /** What runsc would stop at, and what no runsc writes; in the order of the archive. */
  readonly problems: readonly CkptError[];
}

type Attributes = Omit<SavedFile, 'path' | 'linkTo'>;

/** A name that stands for another one of the archive. */
interface Link {
  readonly path: string;
  readonly to: string;
  readonly offset: number;
}

/** What the members of an archive were. */
interface Collected {
  /** By path, with the offset of the member. */
  readonly files: Map<string, { readonly attributes: Attributes; readonly offset: number }>;
  readonly links: Link[];
  readonly complain: (error: CkptError) => void;
}

/** The most problems of one archive that are told. */
const MOST_PROBLEMS = 1000;

const NO_CONTENT: FileContent = { size: 0, extents: [] };
/** How a character that is no UTF-8 is decoded: names that hold it may be different ones. */
const UNDECODED = '\ufffd';

/**
 * Reads an archive. Damage ends the reading, with what was read before it; a member that no runsc writes is left out.
 *
 * @param reader stands at the first header.
 * @param end offset in multitar.img behind the archive.
 * @throws CkptError of the source: `io-error`.
 * @see gVisor pkg/sentry/fsimpl/tmpfs/tar.go: readFromTar, createTarHeader
 */
export async function readTree(reader: PullReader, end: number, options: TreeOptions): Promise<SavedTree> {
  const problems: CkptError[] = [];
  const complain = (error: CkptError): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(error);
  };
  const collected: Collected = { files: new Map(), links: [], complain };
  try {
    for await (const entry of tarEntries(reader, end)) await collect(reader, entry, collected, options);
    if (reader.offset < end) {
      const rest = `${end - reader.offset} more bytes`;
      complain(treeError('trailing-bytes', reader.offset, 'the end of the range of this archive', rest));
    }
  } catch (error) {
    if (!(error instanceof CkptError) || error.code === 'io-error') throw error;
    complain(error);
  }
  return { files: treeOf(collected), problems };
}

async function collect(
  reader: PullReader,
  entry: TarEntry,
  { files, links, complain }: Collected,
  options: TreeOptions,
): Promise<void> {
  const { budget, owner, littleEndian } = options;
  if (budget.members-- <= 0) throw treeError('over-limit', entry.offset, 'fewer members of archives', 'one more');
  const type = typeOf(entry);
  const path = pathOf(entry.name);
  if (path === null || (type === null && entry.type !== '1')) {
    const found =
      path === null ? `a name ${JSON.stringify(entry.name.slice(0, 200))}` : `a member of type ${JSON.stringify(entry.type)}`;
    complain(treeError('bad-archive', entry.offset, 'a file below ./', found));
    return;
  }
  if (type === null) {
    links.push({ path, to: pathOf(entry.linkName) ?? UNDECODED, offset: entry.offset });
    return;
  }
  let content = NO_CONTENT;
  if (type === 'file') {
    try {
      content = await readContent(reader, entry, { owner, littleEndian, budget });
    } catch (error) {
      if (!(error instanceof CkptError) || error.code === 'io-error' || error.code === 'over-limit') throw error;
      complain(error.at({ path: `./${path}` }));
      return;
    }
  }
  if (files.has(path) && !path.includes(UNDECODED))
    complain(treeError('inconsistent', entry.offset, 'each name once', `${JSON.stringify(path)} again`));
  files.set(path, { attributes: savedFile(entry, type, content), offset: entry.offset });
}

/** From the root, without a slash at either end; null for names that gVisor does not write. */
function pathOf(name: string): string | null {
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  if (path === '.') return '';
  const parts = path.split('/');
  if (parts.length < 2 || parts[0] !== '.') return null;
  return parts.slice(1).some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))
    ? null
    : parts.slice(1).join('/');
}

/** The tree in its order; of several names of one file the first is the file, and the others are links to it. */
function treeOf({ files, links, complain }: Collected): SavedFile[] {
  const names = new Map([...files.keys()].map((path) => [path, [path]]));
  for (const { path, to, offset } of links) {
    const group = names.get(to);
    if (group === undefined || files.get(to)?.attributes.type === 'directory')
      complain(treeError('dangling-reference', offset, 'a hard link to a file', JSON.stringify(to)).at({ path: `./${path}` }));
    else if (files.has(path)) complain(treeError('inconsistent', offset, 'each name once', `${JSON.stringify(path)} again`));
    else group.push(path);
  }
  const tree: PlacedFile[] = [];
  for (const [name, group] of names) {
    const file = files.get(name);
    const [first, ...others] = sorted([...new Set(group)], (path) => path);
    if (file === undefined || first === undefined) continue;
    const { attributes, offset } = file;
    tree.push({ offset, file: { path: first, ...attributes, linkTo: null } });
    for (const path of others) tree.push({ offset, file: { path, ...attributes, linkTo: first } });
  }
  return withParents(
    sorted(tree, ({ file }) => file.path),
    complain,
  );
}

interface PlacedFile {
  readonly offset: number;
  readonly file: SavedFile;
}

/** Leaves out what lies in something that is no directory, and says so of directories that are missing. */
function withParents(tree: readonly PlacedFile[], complain: Collected['complain']): SavedFile[] {
  const types = new Map<string, SavedFileType | 'missing' | 'left out'>();
  const kept: SavedFile[] = [];
  for (const { file, offset } of tree) {
    const parent = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')));
    const type = file.path === '' ? 'directory' : types.get(parent);
    if (type === undefined) types.set(parent, 'missing');
    if (type !== 'directory' && type !== 'missing' && type !== 'left out')
      complain(
        treeError('inconsistent', offset, `a directory ${JSON.stringify(parent)}`, type === undefined ? 'none' : `a ${type}`),
      );
    const hasPlace = type === undefined || type === 'directory' || type === 'missing';
    types.set(file.path, hasPlace ? file.type : 'left out');
    if (hasPlace) kept.push(file);
  }
  return kept;
}

/** By the code points of the paths, with a slash before everything else: directories come right before what they hold. */
function sorted<T>(list: readonly T[], pathOf: (item: T) => string): T[] {
  const keys = new Map(list.map((item) => [item, Buffer.from(pathOf(item).replaceAll('/', '\0'), 'utf8')]));
  return list.toSorted((a, b) => Buffer.compare(keys.get(a) ?? EMPTY, keys.get(b) ?? EMPTY));
}

const EMPTY = Buffer.alloc(0);
