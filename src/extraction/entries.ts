/** What goes out of an image: its files under the names that they get outside, and what is left out and why. */
import { UsageError } from '../errors.ts';
import type { SavedFile, SavedFileSystem } from '../filesystem/saved-file.ts';
import { containerDirectories, isName } from './container-directories.ts';

/** How the whiteouts of an overlay are given: as overlayfs keeps them, as layers of OCI images do, or not at all. */
export type Whiteouts = 'keep' | 'oci' | 'drop';

/** Why something is not there. */
export type LeftOut =
  /** Its name would lead elsewhere, or cannot be a name. */
  | 'unsafe-name'
  /** Another file has this name already. */
  | 'duplicate-name'
  /** Another file system is mounted over it. */
  | 'hidden-by-mount'
  | 'whiteout'
  /** What is written to cannot hold it. */
  | 'socket'
  /** Device nodes were not asked for, or may not be made. */
  | 'device'
  /** It is a link to a file that is not there. */
  | 'link-target';

/** One file under the name that it gets. */
export interface Entry {
  /** With slashes between names, none at its ends; empty for the root of everything. */
  readonly path: string;
  /** Attributes and content. */
  readonly file: SavedFile;
  /** The name of an earlier entry that is the same file, or null. */
  readonly linkTo: string | null;
  /** The file system that it is from. */
  readonly system: SavedFileSystem;
  readonly whiteout: boolean;
}

/** Something that is not given out. */
export interface OmittedEntry {
  readonly path: string;
  readonly file: SavedFile;
  readonly system: SavedFileSystem;
  readonly reason: LeftOut;
}

export interface EntryOptions {
  readonly whiteouts: Whiteouts;
  /** Only this container, by the name or id that the file systems have; null: all. */
  readonly container: string | null;
  /** Only files whose path from the root of their container fits one of these patterns, and what lies in them; empty: all. */
  readonly paths: readonly string[];
}

export interface Entries {
  /** Directories before what they hold. */
  readonly entries: readonly Entry[];
  readonly omitted: readonly OmittedEntry[];
  /** Of the patterns that were asked for, those that fit nothing. */
  readonly unmatched: readonly string[];
}

/** Prefix of whiteouts in layers of OCI images, and the name that makes a directory opaque. @see OCI image spec, layer.md, "Whiteouts". */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const OVERLAY_XATTR = /^(?:trusted|user)[.]overlay[.]/;
const OPAQUE_XATTR = /^(?:trusted|user)[.]overlay[.]opaque$/;

/** A file system and where it goes. */
interface Placed {
  readonly system: SavedFileSystem;
  /** Directory of its container in the output; empty for the output's root. */
  readonly top: string;
  /** From the root of the container, without slashes at its ends. */
  readonly mount: string;
}

/**
 * Names for the files of all file systems: as their containers saw them, below a directory of its own for each container when there are
 * several.
 *
 * @throws UsageError when a container was asked for that has none.
 */
export function planEntries(systems: readonly SavedFileSystem[], options: EntryOptions): Entries {
  const { whiteouts } = options;
  const entries = new Map<string, Entry>();
  const names = nameTree();
  const omitted: OmittedEntry[] = [];
  const wanted = pathFilter(options.paths);
  for (const place of placedSystems(systems, options.container)) {
    const hiding = mountsBelow(place, systems);
    const files = new Map<string, SavedFile>();
    /** Output name by path in the file system: of a group of hard links the first that is given out. */
    const given = new Map<string, string>();
    for (const file of place.system.files) {
      files.set(file.path, file);
      const inside = joinedPath(place.mount, file.path);
      if (!wanted.has(inside)) continue;
      const { system } = place;
      const path = joinedPath(place.top, inside);
      const leaveOut = (reason: LeftOut): number => omitted.push({ path, file, system, reason });
      const cover = hiding.find((mount) => inside === mount || inside.startsWith(`${mount}/`));
      if (!isSafe(inside)) leaveOut('unsafe-name');
      else if (cover !== undefined) {
        // The mount point itself is there all the same: as the root of what is mounted.
        if (inside !== cover || file.type !== 'directory') leaveOut('hidden-by-mount');
      } else {
        const first = file.linkTo === null ? file : files.get(file.linkTo);
        if (first === undefined || first.linkTo !== null || (file.linkTo !== null && first.type === 'directory')) {
          leaveOut('link-target');
          continue;
        }
        const whiteout = place.system.kind === 'overlay-upper' && isWhiteout(first);
        if (whiteout && whiteouts === 'drop') {
          leaveOut('whiteout');
          continue;
        }
        const name = whiteout && whiteouts === 'oci' ? whiteoutName(path) : path;
        if (entries.has(name)) {
          leaveOut('duplicate-name');
          continue;
        }
        if (!names.accepts(name, first.type === 'directory')) {
          leaveOut('unsafe-name');
          continue;
        }
        const asOci = whiteout && whiteouts === 'oci';
        const linkTo = file.linkTo === null || whiteout ? null : (given.get(file.linkTo) ?? null);
        const shown = asOci ? emptyFile(first) : withoutOverlay(first, place.system, whiteouts);
        entries.set(name, { path: name, file: shown, linkTo, system, whiteout });
        if (linkTo === null) given.set(first.path, name);
        if (whiteouts === 'oci' && place.system.kind === 'overlay-upper' && isOpaque(first)) {
          const opaque = joinedPath(path, OPAQUE);
          entries.set(opaque, { path: opaque, file: emptyFile(first), linkTo: null, system, whiteout: true });
        }
      }
    }
  }
  return { entries: [...entries.values()], omitted, unmatched: wanted.unmatched() };
}

/** Gives every container of several a directory, and leaves out those that are not wanted. */
function placedSystems(systems: readonly SavedFileSystem[], container: string | null): Placed[] {
  const wanted = container === null ? systems : systems.filter((system) => system.container === container);
  if (container !== null && wanted.length === 0) throw noSuchContainer(container, systems);
  const mounted = wanted.filter(({ mountPoint }) => mountPoint !== null);
  const tops = containerDirectories(mounted.map((system) => system.container));
  let unmounted = 0;
  return wanted.map((system): Placed => {
    const { mountPoint } = system;
    if (mountPoint === null) return { system, top: `unmounted-${++unmounted}`, mount: '' };
    return { system, top: tops.get(system.container) ?? '', mount: withoutSlashes(mountPoint) };
  });
}

/** Mount points of other file systems of the same container that hide a part of this one; later ones hide earlier ones at the same place. */
function mountsBelow({ system, mount }: Placed, systems: readonly SavedFileSystem[]): string[] {
  const own = systems.indexOf(system);
  const mounts: string[] = [];
  if (system.mountPoint === null) return mounts;
  for (const [index, other] of systems.entries()) {
    if (index === own || other.container !== system.container || other.mountPoint === null) continue;
    const path = withoutSlashes(other.mountPoint);
    const below = mount === '' ? path !== '' : path.startsWith(`${mount}/`);
    if (below) mounts.push(path);
  }
  return mounts;
}

/** Paths that are asked for. */
interface PathFilter {
  has(path: string): boolean;
  unmatched(): string[];
}

/** Whether a path from the root of a container is asked for: patterns with `*`, `?` and `**`, or the directory that it is in. */
function pathFilter(patterns: readonly string[]): PathFilter {
  const filters = patterns.map((pattern) => ({ pattern, expression: patternExpression(pattern), met: false }));
  return {
    has(path) {
      let wanted = filters.length === 0;
      for (const filter of filters) {
        if (!filter.expression.test(path)) continue;
        filter.met = true;
        wanted = true;
      }
      return wanted;
    },
    unmatched: () => filters.flatMap(({ pattern, met }) => (met ? [] : [pattern])),
  };
}

/** A pattern without its slashes at the ends, as an expression that also fits what lies below. */
function patternExpression(pattern: string): RegExp {
  const body = pattern.replace(/^\/+|\/+$/g, '');
  const parts = body.split(/(\*\*+|\*|\?)/).map((part) => {
    if (part.startsWith('**')) return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  });
  return body === '' ? /^/ : new RegExp(`^${parts.join('')}(?:/|$)`, 'su');
}

/** Whether a path stays where it belongs, and every part of it can be a name. */
function isSafe(path: string): boolean {
  return path === '' || path.split('/').every(isName);
}

/** Sees to it that nothing lies below something that is no directory: a link there would lead whoever unpacks it elsewhere. */
function nameTree(): { accepts(path: string, isDirectory: boolean): boolean } {
  const directories = new Set<string>(['']);
  const others = new Set<string>();
  return {
    accepts(path, isDirectory) {
      if (!isDirectory && directories.has(path)) return false;
      const above: string[] = [];
      for (let at = parentOf(path); !directories.has(at); at = parentOf(at)) {
        if (others.has(at)) return false;
        above.push(at);
      }
      for (const directory of above) directories.add(directory);
      (isDirectory ? directories : others).add(path);
      return true;
    },
  };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Without slashes at its ends, or two in a row. */
function withoutSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '').replace(/\/+/g, '/');
}

function joinedPath(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

/** @see Linux Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories". */
function isWhiteout({ type, device }: SavedFile): boolean {
  return type === 'character-device' && device?.major === 0 && device.minor === 0;
}

function isOpaque({ type, xattrs }: SavedFile): boolean {
  return type === 'directory' && xattrs.some(({ name, value }) => OPAQUE_XATTR.test(name) && value[0] === 0x79);
}

function whiteoutName(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}${WHITEOUT}${path.slice(slash)}`;
}

/** What stands for a whiteout outside of overlayfs. */
function emptyFile(file: SavedFile): SavedFile {
  const nothing = { size: 0, target: null, device: null, xattrs: [], linkTo: null, extents: [] };
  return { ...file, ...nothing, type: 'file', mode: 0 };
}

function withoutOverlay(file: SavedFile, { kind }: SavedFileSystem, whiteouts: Whiteouts): SavedFile {
  if (whiteouts === 'keep' || kind !== 'overlay-upper' || !file.xattrs.some(({ name }) => OVERLAY_XATTR.test(name))) return file;
  return { ...file, xattrs: file.xattrs.filter(({ name }) => !OVERLAY_XATTR.test(name)) };
}

function noSuchContainer(container: string, systems: readonly SavedFileSystem[]): UsageError {
  const names = [...new Set(systems.flatMap((system) => system.container ?? []))];
  const found = names.length === 0 ? 'it has files of none' : `its containers are ${names.join(', ')}`;
  return new UsageError(`the image has no files of a container ${JSON.stringify(container)}; ${found}`);
}
