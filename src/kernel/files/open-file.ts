/** One open file (gVisor: vfs.FileDescription), which descriptors of several processes may share. */

import { field, fieldAt, integer, type Node, typeName } from '../../graph/node.ts';
import { enclosingObject } from '../enclosing-object.ts';
import { objectOf } from '../object-of.ts';
import { safeNumber } from '../struct-values.ts';
import { identityOf } from './dentry.ts';
import { type FileDetails, isMemfd, readDetails } from './file-details.ts';
import { type FileKind, kindOfFile } from './file-kinds.ts';
import type { FileReading } from './file-reading.ts';
import { type Place, readPlace } from './mount.ts';
import { readInode, type SavedInode } from './saved-inode.ts';

/** Who gets a signal when the file is ready (fcntl F_SETOWN). */
export interface AsyncOwner {
  readonly kind: 'thread' | 'process' | 'process-group';
  /** Object id of the task, thread group or process group. */
  readonly objectId: number;
  /** Signal number; 0 for SIGIO. */
  readonly signal: number;
}

export interface OpenFile {
  /** The same for every reference to this open file. */
  readonly identity: number;
  /** Object that the open file is, or is a part of. */
  readonly objectId: number;
  readonly node: Node;
  /** What implements it; null in a damaged image. */
  readonly impl: Node | null;
  readonly kind: FileKind;
  readonly place: Place | null;
  readonly inode: SavedInode | null;
  /** Status flags as of fcntl F_GETFL, the access mode included. */
  readonly flags: number;
  /** Where reading goes on; null for files that have no position. */
  readonly offset: number | null;
  readonly asyncOwner: AsyncOwner | null;
  readonly details: FileDetails | null;
}

/** Kinds whose files have a position that reading and writing move. */
const HAS_OFFSET: ReadonlySet<FileKind> = new Set([
  'regular',
  'directory',
  'memfd',
  'kernel',
  'host',
  'message-queue',
  'block-device',
]);

/** Where implementations keep the position. */
const OFFSETS = [
  ['off'],
  ['offset'],
  ['DynamicBytesFileDescriptionImpl', 'off'],
  ['DynamicBytesFD', 'DynamicBytesFileDescriptionImpl', 'off'],
  ['fileDescription', 'offset'],
  ['GenericDirectoryFD', 'off'],
  // An overlay's file reads through the layer's.
  ['cachedFD', 'impl', 'off'],
] as const;

/**
 * Reads an open file.
 *
 * @param node a vfs.FileDescription.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`, `inconsistent`.
 * @see gVisor pkg/sentry/vfs/file_description.go
 */
export function readOpenFile(node: Node, reading: FileReading): OpenFile {
  const impl = fieldAt(node, 'impl');
  const place = readPlace(field(node, 'vd'));
  const inode = place === null ? null : readInode(place.dentry, place.mount.filesystem);
  const flags = Number(BigInt.asUintN(32, integer(field(node, 'statusFlags'))));
  const dentry = place?.dentry ?? null;
  const byType = kindOfFile(impl === null ? null : typeName(impl), inode?.mode ?? null, place?.mount.type ?? null);
  const kind = byType === 'regular' && dentry !== null && isMemfd(dentry) ? 'memfd' : byType;
  return {
    identity: identityOf(node),
    objectId: enclosingObject(node),
    node,
    impl,
    kind,
    place,
    inode,
    flags,
    offset: impl === null || !HAS_OFFSET.has(kind) ? null : offsetOf(impl),
    asyncOwner: asyncOwnerOf(node),
    details: impl === null ? null : readDetails(kind, impl, dentry, flags, reading),
  };
}

function offsetOf(impl: Node): number | null {
  for (const path of OFFSETS) {
    const [first, ...rest] = path;
    if (field(impl, first) === null) continue;
    const at = rest.length === 0 ? field(impl, first) : fieldAt(impl, ...path);
    // A nil position at the end of the path is zero; one on the way means that there is none.
    if (at !== null || rest.length > 0) return safeNumber(integer(at));
  }
  return null;
}

const OWNERS = [
  ['recipientT', 'thread'],
  ['recipientTG', 'process'],
  ['recipientPG', 'process-group'],
] as const;

function asyncOwnerOf(node: Node): AsyncOwner | null {
  const handler = fieldAt(node, 'asyncHandler');
  if (handler === null) return null;
  for (const [name, kind] of OWNERS) {
    const objectId = objectOf(field(handler, name));
    if (objectId !== 0) return { kind, objectId, signal: Number(integer(field(handler, 'signal'))) };
  }
  return null;
}
