/** What a file system says of its own options in /proc/PID/mountinfo. */
import type { Graph } from '../../graph/graph.ts';
import { elements, field, fieldAt, follow, integer, mapEntries, type Node, string, typeName } from '../../graph/node.ts';
import { flagIn, integerIn, type Struct, structOf } from '../struct-values.ts';
import { identityOf } from './dentry.ts';

const GOFER = 'pkg/sentry/fsimpl/gofer.filesystem';

/** The deepest overlay of overlays whose options are looked for; gVisor makes one of depth one. */
const LAYERS_AT_MOST = 16;

/**
 * The options of a file system, joined by commas; empty for none, null where they are not saved or not known here.
 *
 * @param filesystem the implementation, Mount.fs.impl.
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor: the MountOptions methods of pkg/sentry/fsimpl, which are the same since release-20210315.0 but for gofer's
 */
export function fileSystemOptions(filesystem: Node): string | null {
  let current: Node | null = filesystem;
  for (let depth = 0; depth < LAYERS_AT_MOST && current !== null; depth++) {
    const type = typeName(current);
    switch (type) {
      case GOFER:
        return goferOptions(current);
      case 'pkg/sentry/fsimpl/tmpfs.filesystem':
      case 'pkg/sentry/fsimpl/erofs.filesystem':
        return textIn(current, 'mopts');
      case 'pkg/sentry/fsimpl/proc.filesystem':
      case 'pkg/sentry/fsimpl/sys.filesystem':
        return `dentry_cache_limit=${integer(fieldAt(current, 'Filesystem', 'MaxCachedDentries'))}`;
      case 'pkg/sentry/fsimpl/cgroupfs.filesystem':
        return controllerNames(current);
      case 'pkg/sentry/fsimpl/cgroup2fs.filesystem':
        return integer(field(current, 'nsDelegate')) === 0n ? '' : 'nsdelegate';
      case 'pkg/sentry/fsimpl/fuse.filesystem':
        return textIn(fieldAt(current, 'opts'), 'mopts');
      case 'pkg/sentry/fsimpl/devpts.filesystem':
      case 'pkg/sentry/fsimpl/mqfs.filesystem':
        return '';
      case 'pkg/sentry/fsimpl/overlay.filesystem':
        // An overlay shows the options of its topmost layer.
        current = topLayer(current);
        break;
      default:
        return null;
    }
  }
  return null;
}

function textIn(struct: Node | null, name: string): string | null {
  const node = struct === null ? null : field(struct, name);
  return node === null ? null : string(node);
}

function topLayer(overlay: Node): Node | null {
  const upper = fieldAt(overlay, 'opts', 'UpperRoot', 'mount');
  const lowers = fieldAt(overlay, 'opts', 'LowerRoots');
  let mount = upper;
  if (mount === null && lowers !== null) {
    for (const lower of elements(lowers)) {
      mount = fieldAt(lower, 'mount');
      break;
    }
  }
  return mount === null ? null : fieldAt(mount, 'fs', 'impl');
}

/** gVisor has eight. */
const CONTROLLERS_AT_MOST = 64;

/** Controllers of cgroup v1 by the Go type that implements them. @see gVisor pkg/sentry/fsimpl/cgroupfs, pkg/sentry/kernel: Cgroup controller types */
function controllerNames(filesystem: Node): string | null {
  const list = field(filesystem, 'controllers');
  const names: string[] = [];
  for (const item of list === null ? [] : elements(list)) {
    const controller = follow(item);
    const common = controller === null ? null : fieldAt(controller, 'controllerCommon');
    const name = textIn(common, 'ty');
    if (name === null || names.push(name) > CONTROLLERS_AT_MOST) return null;
  }
  return names.join(',');
}

/** Names by InteropMode. @see gVisor pkg/sentry/fsimpl/gofer/gofer.go: the mount option `cache` */
const CACHE_MODES = ['fscache', 'fscache_writethrough', 'remote_revalidating'];

/** Options without a value that gofer shows when they are set, in its order. */
const GOFER_FLAGS = [
  ['regularFilesUseSpecialFileFD', 'disable_file_handle_sharing'],
  ['disableFifoOpen', 'disable_fifo_open'],
  ['forcePageCache', 'force_page_cache'],
  ['limitHostFDTranslation', 'limit_host_fd_translation'],
  ['overlayfsStaleRead', 'overlayfs_stale_read'],
  ['lisaEnabled', 'lisafs'],
] as const;

/** Options with a value, in gofer's order. Those that a release does not have are not shown by it. */
const GOFER_VALUES = [
  ['dfltuid', 'dfltuid'],
  ['dfltgid', 'dfltgid'],
  ['msize', 'msize'],
  ['version', 'version'],
  ['maxCachedDentries', 'dentry_cache_limit'],
] as const;

function goferOptions(filesystem: Node): string {
  const node = field(filesystem, 'opts');
  const options = structOf(node);
  const fd = String(integerIn(options, 'fd') ?? 0n);
  const parts = ['trans=fd', `rfdno=${fd}`, `wfdno=${fd}`, `aname=${textIn(node, 'aname') ?? ''}`];
  for (const [name, shown] of GOFER_VALUES) {
    const value = name === 'version' ? textIn(node, name) : options.has(name) ? String(integerIn(options, name)) : null;
    if (value !== null) parts.push(`${shown}=${value}`);
  }
  if (options.has('dcache')) parts.push(`dcache=${dentryCache(filesystem, options)}`);
  const cache = cacheMode(options);
  if (cache !== null) parts.push(`cache=${cache}`);
  for (const [name, shown] of GOFER_FLAGS) {
    const inCache = name === 'regularFilesUseSpecialFileFD' && isBeforeOwnOption(options);
    if (!inCache && flagIn(options, name) === true) parts.push(shown);
  }
  if (integer(fieldAt(filesystem, 'opts', 'directfs', 'enabled')) !== 0n) parts.push('directfs');
  return parts.join(',');
}

/** Before release-20230327.0, shared files without shared handles were a mode of the cache, and no option of their own. */
function isBeforeOwnOption(options: Struct): boolean {
  return !options.has('disableFifoOpen');
}

function cacheMode(options: Struct): string | null {
  const mode = Number(integerIn(options, 'interop') ?? 0n);
  if (mode === 2 && isBeforeOwnOption(options) && flagIn(options, 'regularFilesUseSpecialFileFD') === true) return 'none';
  return CACHE_MODES[mode] ?? null;
}

/** How many gofer file systems use a cache, by graph and by cache. */
const users = new WeakMap<Graph, ReadonlyMap<number, number>>();

/**
 * The number of entries that are kept; `N-global` when one cache serves all mounts.
 *
 * gVisor keeps that choice in a variable that is not saved; a cache of another size than the mount's own, or one that another mount has
 * too, is the global one. A global cache of the usual size that serves a single mount cannot be told from its own.
 */
function dentryCache(filesystem: Node, options: Struct): string {
  const own = integerIn(options, 'dcache') ?? 0n;
  const cache = fieldAt(filesystem, 'dentryCache');
  if (cache === null) return String(own);
  const counts = users.get(filesystem.graph) ?? cacheUsers(filesystem);
  users.set(filesystem.graph, counts);
  const size = integer(field(cache, 'maxCachedDentries'));
  return size !== own || (counts.get(identityOf(cache)) ?? 0) > 1 ? `${size}-global` : String(own);
}

function cacheUsers(filesystem: Node): Map<number, number> {
  const counts = new Map<number, number>();
  const all = fieldAt(filesystem, 'vfsfs', 'vfs', 'filesystems');
  for (const { key } of all === null ? [] : mapEntries(all)) {
    const impl = fieldAt(key, 'impl');
    const cache = impl === null || typeName(impl) !== GOFER ? null : fieldAt(impl, 'dentryCache');
    if (cache !== null) counts.set(identityOf(cache), (counts.get(identityOf(cache)) ?? 0) + 1);
  }
  return counts;
}
