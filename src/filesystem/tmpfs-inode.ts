/** What an inode of a tmpfs saves of a file: everything but its names. */
import { CkptError } from '../errors.ts';
import { fieldAt, integer, type Node, pathOf, typeName, wrongShape } from '../graph/node.ts';
import { integerIn, type Struct, safeNumber, structOf } from '../kernel/struct-values.ts';
import type { SavedFile, SavedFileType } from './saved-file.ts';
import { rawName, tmpfsAttributes } from './tmpfs-attributes.ts';
import { tmpfsExtents } from './tmpfs-extents.ts';
import { nameText } from './tree-names.ts';
import type { TreeReading } from './tree-reading.ts';

/** A file without its names. */
export type TmpfsFile = Omit<SavedFile, 'path' | 'linkTo'>;

const FORMAT = 0o170000;
const TMPFS = 'pkg/sentry/fsimpl/tmpfs';

/** Types by the bits of the mode, and what implements them. @see stat(2), S_IFMT; gVisor pkg/sentry/fsimpl/tmpfs */
const TYPES = new Map<number, { readonly type: SavedFileType; readonly impl: string }>([
  [0o100000, { type: 'file', impl: `${TMPFS}.regularFile` }],
  [0o040000, { type: 'directory', impl: `${TMPFS}.directory` }],
  [0o120000, { type: 'symlink', impl: `${TMPFS}.symlink` }],
  [0o010000, { type: 'fifo', impl: `${TMPFS}.namedPipe` }],
  [0o140000, { type: 'socket', impl: `${TMPFS}.socketFile` }],
  [0o020000, { type: 'character-device', impl: `${TMPFS}.deviceFile` }],
  [0o060000, { type: 'block-device', impl: `${TMPFS}.deviceFile` }],
]);

/**
 * Reads an inode.
 *
 * @param owner of the memory file that holds the content.
 * @throws CkptError `unknown-shape` for a field that is missing or of a type that does not fit the mode, `over-limit` for a size beyond
 * 2^53, `inconsistent`, `dangling-reference`.
 * @see gVisor pkg/sentry/fsimpl/tmpfs/tmpfs.go: inode
 */
export function readTmpfsInode(inode: Node, owner: string, reading: TreeReading): TmpfsFile {
  const values = structOf(inode);
  const mode = Number(required(values, 'mode', inode));
  const impl = fieldAt(inode, 'impl');
  const kind = TYPES.get(mode & FORMAT);
  const found = impl === null ? null : typeName(impl);
  if (impl === null || kind === undefined || kind.impl !== found) {
    throw wrongShape(inode, kind?.impl ?? `a file type in the mode 0o${mode.toString(8)}`, found ?? 'nothing');
  }
  const { type } = kind;
  const parts = structOf(impl);
  const size = type === 'file' ? exact(BigInt.asUintN(64, required(parts, 'size', impl)), impl) : 0;
  return {
    type,
    mode: mode & 0o7777,
    uid: Number(required(values, 'uid', inode)),
    gid: Number(required(values, 'gid', inode)),
    modified: integerIn(values, 'mtime'),
    accessed: integerIn(values, 'atime'),
    changed: integerIn(values, 'ctime'),
    size,
    target: type === 'symlink' ? nameText(rawName(part(parts, 'target', impl), reading)) : null,
    device:
      kind.impl === `${TMPFS}.deviceFile`
        ? { major: Number(required(parts, 'major', impl)), minor: Number(required(parts, 'minor', impl)) }
        : null,
    xattrs: tmpfsAttributes(inode, reading),
    extents: type === 'file' ? tmpfsExtents(part(parts, 'data', impl), size, owner, reading) : [],
  };
}

/** A field that this image's type must have. */
function part(values: Struct, name: string, where: Node): Node {
  const value = values.get(name);
  if (value === undefined) throw wrongShape(where, `a struct with the field ${name}`, 'one without it');
  return value;
}

/** As {@link part}, of a number; zero is saved as nil. */
function required(values: Struct, name: string, where: Node): bigint {
  return integer(part(values, name, where));
}

function exact(size: bigint, where: Node): number {
  const number = safeNumber(size);
  if (number !== null) return number;
  throw new CkptError(
    'over-limit',
    { layer: 'kernel', path: pathOf(where) },
    { expected: 'a file of less than 2^53 bytes', found: String(size) },
  );
}
