/** Directory entries of gVisor's file systems: what each implementation saves of name, parent and inode. */

import { type Graph, typeOf } from '../../graph/graph.ts';
import { field, fieldAt, fields, follow, integer, type Node, readNode, string, typeName } from '../../graph/node.ts';
import { TAGGED } from '../../wire/skip-value.ts';

/** One directory entry. */
export interface SavedDentry {
  /** The same for every way that leads to this entry; see {@link identityOf}. */
  readonly id: number;
  /** The implementation's struct: gofer.dentry, tmpfs.dentry, kernfs.Dentry, overlay.dentry, vfs.anonDentry … */
  readonly impl: Node;
  /** Declared type of `impl`, or null when it has none. */
  readonly type: string | null;
  readonly name: string;
  /** The entry of the directory that holds it, or null at the root of its file system. */
  readonly parent: Node | null;
  /** Removed from its directory while something still uses it. */
  readonly dead: boolean;
  /** The inode, or the entry itself where gVisor keeps both in one struct; null when it is nil. */
  readonly inode: Node | null;
}

/**
 * Where a struct lies, as a number that is equal for every reference to it.
 *
 * A value with a tag before it and the same value without one (elements of arrays) count as one.
 */
export function identityOf(node: Node): number {
  return node.at.kind === TAGGED ? node.at.position + 1 : node.at.position;
}

/** Entries that were read, by graph and identity: a directory is asked for as often as it has open files below it. */
const known = new WeakMap<Graph, Map<number, SavedDentry>>();

/**
 * The directory entry behind a vfs.Dentry or an implementation's own struct.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/vfs: Dentry.impl; fsimpl/{gofer,tmpfs,kernfs,overlay,erofs,verity}: dentry.
 */
export function readDentry(node: Node): SavedDentry {
  const impl = implOf(node);
  const id = identityOf(impl);
  const entries = known.get(impl.graph) ?? new Map<number, SavedDentry>();
  known.set(impl.graph, entries);
  const before = entries.get(id);
  if (before !== undefined) return before;
  const parts = fields(impl);
  const vfsd = parts.get('vfsd');
  const own = parts.get('inode');
  const parent = parts.get('parent');
  const name = parts.get('name');
  const dentry: SavedDentry = {
    id,
    impl,
    type: typeName(impl),
    name: name === undefined ? '' : string(name),
    parent: parent === undefined ? null : follow(parent),
    dead: vfsd !== undefined && integer(field(vfsd, 'dead')) !== 0n,
    inode: own === undefined ? impl : follow(own),
  };
  entries.set(id, dentry);
  return dentry;
}

/** Embedded entries of 2023-01 to 2025-08: gofer.lisafsDentry and gofer.directfsDentry. */
const WRAPPER = /^pkg\/sentry\/fsimpl\/gofer\.(?:lisafs|directfs)Dentry$/;

function implOf(node: Node): Node {
  const target = follow(node) ?? node;
  const impl = typeName(target) === 'pkg/sentry/vfs.Dentry' ? (fieldAt(target, 'impl') ?? target) : target;
  const type = typeName(impl);
  return type !== null && WRAPPER.test(type) ? (fieldAt(impl, 'dentry') ?? impl) : impl;
}

/** The declared type that an interface or pointer leads to: `pkg/sentry/fsimpl/gofer.FilesystemType`. Null for nil. */
export function dynamicType(node: Node | null): string | null {
  if (node === null) return null;
  const value = readNode(node);
  if (value.kind === 'interface') {
    let spec = value.type;
    while (spec.kind === 'pointer') spec = spec.element;
    return spec.kind === 'id' ? (typeOf(node.graph, spec.typeId)?.name ?? null) : null;
  }
  const target = follow(node);
  return target === null ? null : typeName(target);
}
