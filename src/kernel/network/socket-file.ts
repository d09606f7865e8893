/** What the file of a socket says: its inode, its owner, and who refers to it. */
import { field, fieldAt, integer, type Node } from '../../graph/node.ts';
import type { SavedSocket } from './saved-socket.ts';

/** The part of a socket that its file gives. */
export type SocketFile = Pick<SavedSocket, 'inode' | 'uid' | 'references' | 'nonBlocking'>;

/** For a socket without a file, and for one whose file cannot be read. */
export const NO_FILE: SocketFile = { inode: null, uid: null, references: null, nonBlocking: false };

/** @see Linux O_NONBLOCK, in gVisor's FileDescription.statusFlags */
const O_NONBLOCK = 0o4000n;

/** What the file of a socket says. Its inode lies in gVisor's socket file system, whatever the socket is bound to. */
export function fileFacts(socket: Node | null): SocketFile {
  const file = socket === null ? null : field(socket, 'vfsfd');
  if (socket === null || file === null) return NO_FILE;
  const attributes = fieldAt(file, 'vd', 'dentry', 'impl', 'inode', 'InodeAttrs');
  return {
    inode: attributes === null ? null : integer(field(attributes, 'ino')),
    uid: attributes === null ? null : Number(integer(field(attributes, 'uid'))),
    references: referencesOf(socket),
    nonBlocking: (integer(field(file, 'statusFlags')) & O_NONBLOCK) !== 0n,
  };
}

/** References to the file of a socket; null where it has none. */
export function referencesOf(socket: Node): number | null {
  const count = fieldAt(socket, 'vfsfd', 'FileDescriptionRefs', 'refCount');
  return count === null ? null : Number(integer(count));
}
