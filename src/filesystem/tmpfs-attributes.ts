/** Extended attributes of tmpfs files. */
import { CkptError } from '../errors.ts';
import { elements, field, fieldAt, follow, integer, type Node, pathOf, readNode, wrongShape } from '../graph/node.ts';
import { countedEntries, countText } from '../kernel/files/file-reading.ts';
import { objectOf } from '../kernel/object-of.ts';
import type { SavedFile } from './saved-file.ts';
import { compareNames, nameText } from './tree-names.ts';
import type { TreeReading } from './tree-reading.ts';

/**
 * The extended attributes of an inode by name, access control lists among them.
 *
 * @throws CkptError `over-limit`, `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/vfs/memxattr: SimpleExtendedAttributes; tmpfs.inode.accessACL and defaultACL since 0df3de9a3 (2026-07-15)
 */
export function tmpfsAttributes(inode: Node, reading: TreeReading): SavedFile['xattrs'] {
  const map = fieldAt(inode, 'xattrs', 'xattrs');
  const found = countedEntries(map, reading).map(({ key, value }) => {
    const bytes = rawString(value);
    countText(bytes.length, inode, reading);
    return { key: rawName(key, reading), value: bytes };
  });
  for (const [name, attribute] of ACCESS_LISTS) {
    const list = fieldAt(inode, name);
    if (list !== null) found.push({ key: new TextEncoder().encode(attribute), value: accessList(list, reading) });
  }
  return found.sort((a, b) => compareNames(a.key, b.key)).map(({ key, value }) => ({ name: nameText(key), value }));
}

/** The most bytes of one name, path or target. Linux has at most 255, 4096 and 4096. */
export const NAME_BYTES_AT_MOST = 32_768;

/**
 * The bytes of a name or path, which count.
 *
 * @throws CkptError `over-limit`, `unknown-shape`.
 */
export function rawName(node: Node, reading: TreeReading): Uint8Array {
  const bytes = rawString(node);
  if (bytes.length > NAME_BYTES_AT_MOST) throw tooLong(node, bytes.length);
  countText(bytes.length, node, reading);
  return bytes;
}

/** What a name or path is that nothing real has. */
export function tooLong(node: Node, length: number): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'kernel', path: pathOf(node) },
    {
      expected: `names and paths of at most ${NAME_BYTES_AT_MOST} bytes`,
      found: String(length),
      hint: 'The image is damaged or hostile',
    },
  );
}

/** The bytes of a string, whatever they are. */
function rawString(node: Node): Uint8Array {
  const target = follow(node);
  if (target === null) return new Uint8Array(0);
  const value = readNode(target);
  if (value.kind !== 'string') throw wrongShape(target, 'a string', value.kind);
  return value.bytes;
}

/** Fields with lists, and the attributes that show them. @see Linux include/uapi/linux/xattr.h */
const ACCESS_LISTS = [
  ['accessACL', 'system.posix_acl_access'],
  ['defaultACL', 'system.posix_acl_default'],
] as const;

/** Kinds of entries, and what stands for no id. @see Linux include/uapi/linux/posix_acl.h, posix_acl_xattr.h */
const OWNER = 0x01;
const USER = 0x02;
const OWNER_GROUP = 0x04;
const GROUP = 0x08;
const MASK = 0x10;
const OTHER = 0x20;
const NO_ID = 0xffff_ffff;
const VERSION = 2;

/** An access control list as getxattr gives it. @see gVisor pkg/sentry/vfs/posix_acl.go: PosixACL */
function accessList(list: Node, reading: TreeReading): Uint8Array {
  const classes = Number(integer(field(list, 'UGOPerms')));
  const mask = field(list, 'Mask');
  const entries: (readonly [kind: number, permissions: number, id: number])[] = [
    [OWNER, (classes >> 6) & 7, NO_ID],
    ...named(list, 'Users', 'UID', USER, reading),
    [OWNER_GROUP, (classes >> 3) & 7, NO_ID],
    ...named(list, 'Groups', 'GID', GROUP, reading),
  ];
  if (objectOf(mask) !== 0) entries.push([MASK, Number(integer(mask)) & 7, NO_ID]);
  entries.push([OTHER, classes & 7, NO_ID]);
  const bytes = new Uint8Array(4 + entries.length * 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, VERSION, true);
  for (const [index, [kind, permissions, id]] of entries.entries()) {
    view.setUint16(4 + index * 8, kind, true);
    view.setUint16(6 + index * 8, permissions, true);
    view.setUint32(8 + index * 8, id, true);
  }
  return bytes;
}

function named(list: Node, name: string, id: string, kind: number, reading: TreeReading): (readonly [number, number, number])[] {
  const items = field(list, name);
  const entries: (readonly [number, number, number])[] = [];
  for (const item of items === null ? [] : elements(items)) {
    reading.spend(1, list);
    entries.push([kind, Number(integer(field(item, 'Perms'))) & 7, Number(integer(field(item, id)))]);
  }
  return entries;
}
