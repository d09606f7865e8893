/** The names in one saved tmpfs, from its directory entries. */
import { CkptError } from '../errors.ts';
import { field, fieldAt, type Node, pathOf, wrongShape } from '../graph/node.ts';
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { identityOf, readDentry } from '../kernel/files/dentry.ts';
import { countedEntries, countText } from '../kernel/files/file-reading.ts';
import { isWhiteout } from './overlay-marks.ts';
import type { SavedFile } from './saved-file.ts';
import { NAME_BYTES_AT_MOST, rawName, tooLong } from './tmpfs-attributes.ts';
import { readTmpfsInode, type TmpfsFile } from './tmpfs-inode.ts';
import { compareNames, nameText } from './tree-names.ts';
import type { TreeReading } from './tree-reading.ts';

/** A directory entry that waits for its turn. */
interface Waiting {
  readonly path: string;
  readonly node: Node;
}

/** One tree to read. */
export interface Tree {
  /** The root's entry. */
  readonly root: Node;
  /** Of the memory file that holds the content; null for one that the image does not hold: then files that have content are left out. */
  readonly owner: string | null;
}

/**
 * The files below a root: directories before what they hold, names by their bytes. A file that cannot be read is left out with all below
 * it, and reported. Files that are in no directory any more are not among them.
 *
 * A whiteout of an overlay (a character device 0:0) is never a link: gVisor gives all of them one inode since ab9d8455d (2024-12-10).
 *
 * @param files where they go, so that what was read stays when the ceiling is met.
 * @throws CkptError `over-limit` when more is read than {@link TreeReading} allows.
 * @see gVisor pkg/sentry/fsimpl/tmpfs: dentry, directory.childMap
 */
export function readTreeFiles({ root, owner }: Tree, reading: TreeReading, onDamage: OnDamage, files: SavedFile[]): void {
  const stack: Waiting[] = [{ path: '', node: root }];
  const directories = new Set<number>();
  const inodes = new Map<number, SavedFile>();
  const noteDamage: OnDamage = (error) => {
    if (reading.spent()) throw error;
    onDamage(error);
  };
  let lost = 0;
  const readNext = ({ path, node }: Waiting): void => {
    reading.spend(1, node);
    const { impl, inode, type } = readDentry(node);
    if (inode === null || type !== 'pkg/sentry/fsimpl/tmpfs.dentry')
      throw wrongShape(impl, 'an entry of a tmpfs', type ?? 'none');
    const identity = identityOf(inode);
    const before = inodes.get(identity);
    if (before !== undefined) {
      files.push({ ...before, path, linkTo: before.path });
      return;
    }
    const file: TmpfsFile = readTmpfsInode(inode, owner ?? '', reading);
    if (owner === null && file.extents.length > 0) {
      lost++;
      return;
    }
    const saved: SavedFile = { path, ...file, linkTo: null };
    if (file.type === 'directory') {
      if (directories.has(identity))
        throw wrong(impl, 'a directory with one name', 'one that is in two directories, or in itself');
      directories.add(identity);
      // Before the file is noted: a directory whose names cannot be read is left out.
      const children = childrenOf(path, inode, reading, noteDamage);
      for (let index = children.length - 1; index >= 0; index--) stack.push(children[index] as Waiting);
    } else if (!isWhiteout(file)) inodes.set(identity, saved);
    files.push(saved);
  };
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const one = next;
    attempt(() => readNext(one), noteDamage);
  }
  if (lost > 0) onDamage(notSaved(root, lost));
}

function childrenOf(path: string, inode: Node, reading: TreeReading, onDamage: OnDamage): Waiting[] {
  const directory = fieldAt(inode, 'impl');
  const map = directory === null ? null : field(directory, 'childMap');
  if (map === null) throw wrongShape(inode, 'a directory with the field childMap', 'one without it');
  const children: (Waiting & { readonly name: Uint8Array })[] = [];
  for (const { key, value } of countedEntries(map, reading)) {
    const child = attempt(() => {
      const name = rawName(key, reading);
      const text = nameText(name);
      if (name.length === 0 || text === '.' || text === '..' || /[/\0]/.test(text))
        throw wrong(map, 'names of files', JSON.stringify(text.slice(0, 300)));
      const whole = path === '' ? text : `${path}/${text}`;
      countText(whole.length, map, reading);
      // A chain of directories is not followed further.
      if (whole.length > NAME_BYTES_AT_MOST) throw tooLong(map, whole.length);
      return { name, path: whole, node: value };
    }, onDamage);
    if (child !== null) children.push(child);
  }
  return children.sort((a, b) => compareNames(a.name, b.name));
}

function wrong(node: Node, expected: string, found: string): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'kernel', path: pathOf(node) },
    { expected, found, hint: 'The image is damaged or hostile' },
  );
}

function notSaved(root: Node, files: number): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'kernel', path: pathOf(root) },
    {
      expected: 'the memory that holds the files of a file system',
      found: `none, so that the content of ${files} files is lost`,
      hint: 'Releases from 2023-01-31 to 2023-11-29 did not save the memory of writable layers',
    },
  );
}
