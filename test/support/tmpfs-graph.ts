/** Encodes kernel graphs of file systems in memory and their mounts, also what no gVisor makes. */
import type { SavedKernel } from '../../src/kernel/saved-kernel.ts';
import { kernelFields, readThreads } from '../../src/kernel/threads.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { processGraph } from './process-graph.ts';
import { field, int, map, nil, ref, refInto, string, uint, type WireValue } from './wire-value.ts';

/** `2021`: segment sets of three slices; `2024`: of one. */
export type SetEra = '2021' | '2024';

/** One inode. The same object under several names is a hard link, or a directory with two names. */
export interface TestInode {
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly times?: readonly [atime: bigint, mtime: bigint, ctime: bigint];
  readonly size?: bigint;
  /** Start and end in the file, and offset in the memory file. */
  readonly data?: readonly (readonly [start: number, end: number, memory: number])[];
  readonly target?: string | Uint8Array;
  readonly device?: readonly [major: number, minor: number];
  readonly xattrs?: readonly (readonly [name: string, value: Uint8Array])[];
  readonly accessList?: TestAccessList;
  /** May be filled later, in a circle too. */
  readonly children?: (readonly [name: string | Uint8Array, inode: TestInode])[];
  /** Another implementation than the mode says. */
  readonly impl?: string;
}

export interface TestAccessList {
  readonly classes: number;
  readonly mask: number | null;
  readonly users: readonly (readonly [id: number, permissions: number])[];
}

export interface TestTmpfs {
  readonly root: TestInode;
  /** Fields that say where the content is, such as `mf`. Of all file systems of a graph the same. */
  readonly memory?: Readonly<Record<string, WireValue>>;
}

export interface TestMount {
  readonly id: number;
  readonly filesystem: TestTmpfs | { readonly upper: TestTmpfs };
  /** What it shows; absent: the root. */
  readonly root?: TestInode;
  readonly parent?: TestMount;
  /** Name of the directory that it hangs at, in the root of its parent; absent: at that root itself. */
  readonly point?: string;
}

export interface TestImage {
  readonly era?: SetEra;
  /** Mounted or not. */
  readonly filesystems: readonly TestTmpfs[];
  /** The mounts of each container, the root first. */
  readonly containers?: readonly (readonly TestMount[])[];
  /** The file system of memfd_create. */
  readonly own?: TestTmpfs;
  /** A field that inodes do not have. */
  readonly without?: string;
}

const TMPFS = 'pkg/sentry/fsimpl/tmpfs';
const VFS = 'pkg/sentry/vfs';
const IMPLEMENTATIONS = new Map([
  [0o100000, 'regularFile'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
  [0o010000, 'namedPipe'],
  [0o140000, 'socketFile'],
  [0o020000, 'deviceFile'],
  [0o060000, 'deviceFile'],
]);

const ANY = { spec: 'nil' } as const;
const pointing = (value: WireValue): WireValue => ({ kind: 'interface', type: { spec: 'pointer', to: ANY }, value });

/** Builds, encodes and indexes the kernel of an image. */
export async function tmpfsKernel(image: TestImage): Promise<SavedKernel> {
  const graph = await processGraph((builder) => {
    const encoder = createEncoder(builder, image);
    const { filesystems, containers = [], own } = image;
    const all = filesystems.map((one) => [encoder.reference(one), nil()] as const);
    const tasks = containers.map((mounts, index) => {
      const namespace = builder.pointer(
        builder.struct(`${VFS}.MountNamespace`, { root: mounts[0] === undefined ? nil() : encoder.mount(mounts[0], mounts) }),
      );
      return {
        pid: index + 1,
        tasks: [{ tid: index + 1, fields: { containerID: string(`c${index}`), mountNamespace: namespace } }],
      };
    });
    const internal = own === undefined ? nil() : encoder.mount({ id: 99, filesystem: own }, []);
    const vfs = builder.struct(`${VFS}.VirtualFilesystem`, { filesystems: builder.pointer(map(all)) });
    return { processes: tasks, kernel: { vfs, shmMount: internal } };
  });
  return {
    graph,
    threads: readThreads(graph, kernelFields(graph)),
    fpStates: [],
    settings: { containerSpecs: null, runscVersion: null, privateMemoryFiles: null },
    privateMemoryLost: false,
    unread: [],
  };
}

interface Encoder {
  /** A pointer to the vfs.Filesystem. */
  readonly reference: (filesystem: TestTmpfs) => WireValue;
  readonly mount: (mount: TestMount, all: readonly TestMount[]) => WireValue;
}

function createEncoder(builder: GraphBuilder, { era = '2024', without }: TestImage): Encoder {
  const filesystems = new Map<TestTmpfs, { readonly id: bigint; readonly root: WireValue }>();
  const inodes = new Map<TestInode, bigint>();
  /** Entries by inode and name. */
  const entries = new Map<TestInode, Map<string, WireValue>>();
  const mounts = new Map<TestMount, bigint>();
  /** What each mount shows. */
  const roots = new Map<TestMount, WireValue>();

  function dentry(name: string | Uint8Array, inode: TestInode, parent: WireValue = nil()): WireValue {
    const key = typeof name === 'string' ? name : Buffer.from(name).toString('latin1');
    const known = entries.get(inode) ?? new Map<string, WireValue>();
    entries.set(inode, known);
    const before = known.get(key);
    if (before !== undefined) return before;
    const id = builder.reserve();
    known.set(key, ref(id));
    const entry = builder.struct(`${VFS}.Dentry`, { dead: nil(), mounts: nil(), impl: pointing(ref(id)) });
    builder.define(
      id,
      builder.struct(`${TMPFS}.dentry`, {
        vfsd: entry,
        parent,
        name: field(string(name)),
        inode: refInto(inodeObject(inode), ['inode'], ANY),
      }),
    );
    return ref(id);
  }

  function inodeObject(inode: TestInode): bigint {
    const before = inodes.get(inode);
    if (before !== undefined) return before;
    const id = builder.reserve();
    inodes.set(inode, id);
    const { mode, uid = 0, gid = 0, times = [1n, 2n, 3n], xattrs = [], accessList } = inode;
    const impl = inode.impl ?? IMPLEMENTATIONS.get(mode & 0o170000) ?? 'regularFile';
    const attributes = xattrs.map(([name, value]) => [string(name), string(value)] as const);
    const facts: Readonly<Record<string, WireValue>> = {
      xattrs: builder.struct(`${VFS}/memxattr.SimpleExtendedAttributes`, { xattrs: builder.pointer(map(attributes)) }),
      mode: field(uint(mode)),
      accessACL: accessList === undefined ? nil() : builder.pointer(listValue(accessList)),
      uid: field(uint(uid)),
      gid: field(uint(gid)),
      atime: field(int(times[0])),
      mtime: field(int(times[1])),
      ctime: field(int(times[2])),
      impl: pointing(ref(id)),
    };
    const kept = Object.fromEntries(Object.entries(facts).filter(([name]) => name !== without));
    builder.define(
      id,
      builder.struct(`${TMPFS}.${impl}`, { inode: builder.struct(`${TMPFS}.inode`, kept), ...parts(inode, impl) }),
    );
    return id;
  }

  function parts(inode: TestInode, impl: string): Readonly<Record<string, WireValue>> {
    if (impl === 'regularFile') return { data: rangeSet(inode.data ?? []), size: field(uint(inode.size ?? 0n)) };
    if (impl === 'symlink') return { target: field(string(inode.target ?? '')) };
    if (impl === 'deviceFile') return { major: field(uint(inode.device?.[0] ?? 0)), minor: field(uint(inode.device?.[1] ?? 0)) };
    if (impl !== 'directory') return {};
    return { childMap: builder.pointer(map((inode.children ?? []).map(([name, child]) => [string(name), dentry(name, child)]))) };
  }

  function rangeSet(data: readonly (readonly [number, number, number])[]): WireValue {
    const numbers = (column: 0 | 1 | 2): WireValue => builder.slice(data.map((row) => uint(row[column])));
    const root =
      data.length === 0
        ? nil()
        : era === '2021'
          ? builder.pointer(
              builder.struct('pkg/sentry/fsutil.FileRangeSegmentDataSlices', {
                Start: numbers(0),
                End: numbers(1),
                Values: numbers(2),
              }),
            )
          : builder.slice(
              data.map(([start, end, memory]) =>
                builder.struct('pkg/sentry/fsutil.FileRangeFlatSegment', {
                  Start: field(uint(start)),
                  End: field(uint(end)),
                  Value: field(uint(memory)),
                }),
              ),
            );
    return builder.struct('pkg/sentry/fsutil.FileRangeSet', { root });
  }

  function listValue({ classes, mask, users }: TestAccessList): WireValue {
    const named = users.map(([id, permissions]) =>
      builder.struct(`${VFS}.ACLUser`, { UID: field(uint(id)), Perms: field(uint(permissions)) }),
    );
    return builder.struct(`${VFS}.PosixACL`, {
      UGOPerms: field(uint(classes)),
      Mask: mask === null ? nil() : builder.pointer(uint(mask)),
      Users: builder.slice(named),
      Groups: nil(),
    });
  }

  function filesystem(one: TestTmpfs): { readonly id: bigint; readonly root: WireValue } {
    const before = filesystems.get(one);
    if (before !== undefined) return before;
    const made = { id: builder.reserve(), root: dentry('', one.root) };
    filesystems.set(one, made);
    const vfsfs = builder.struct(`${VFS}.Filesystem`, { fsType: nil(), impl: pointing(ref(made.id)) });
    builder.define(made.id, builder.struct(`${TMPFS}.filesystem`, { vfsfs, ...(one.memory ?? { mf: nil() }), root: made.root }));
    return made;
  }

  const reference = (one: TestTmpfs): WireValue => refInto(filesystem(one).id, ['vfsfs'], ANY);

  const place = (mount: WireValue, entry: WireValue): WireValue =>
    builder.struct(`${VFS}.VirtualDentry`, { mount, dentry: entry });

  const entryOf = (value: WireValue): WireValue =>
    value.kind === 'ref' ? refInto(value.root, [...value.dots, 'vfsd'], ANY) : value;

  /** An overlay: its root is an entry of another kind. */
  function overlay(upper: TestTmpfs): { readonly fs: WireValue; readonly root: WireValue } {
    const { root } = filesystem(upper);
    const layer = mountObject({ id: 50, filesystem: upper }, []);
    const id = builder.reserve();
    const entry = builder.reserve();
    const own = builder.struct(`${VFS}.Dentry`, { dead: nil(), mounts: nil(), impl: pointing(ref(entry)) });
    builder.define(entry, builder.struct('pkg/sentry/fsimpl/overlay.dentry', { vfsd: own, parent: nil(), name: nil() }));
    const vfsfs = builder.struct(`${VFS}.Filesystem`, { fsType: nil(), impl: pointing(ref(id)) });
    const opts = builder.struct('pkg/sentry/fsimpl/overlay.FilesystemOptions', { UpperRoot: place(layer, entryOf(root)) });
    builder.define(id, builder.struct('pkg/sentry/fsimpl/overlay.filesystem', { vfsfs, opts }));
    return { fs: refInto(id, ['vfsfs'], ANY), root: ref(entry) };
  }

  function mountObject(mount: TestMount, all: readonly TestMount[]): WireValue {
    const before = mounts.get(mount);
    if (before !== undefined) return ref(before);
    const id = builder.reserve();
    mounts.set(mount, id);
    const { parent, point } = mount;
    const shown =
      'upper' in mount.filesystem
        ? overlay(mount.filesystem.upper)
        : {
            fs: reference(mount.filesystem),
            root: mount.root === undefined ? filesystem(mount.filesystem).root : dentry('part', mount.root),
          };
    roots.set(mount, shown.root);
    const below = all.filter((one) => one.parent === mount).map((one) => [mountObject(one, all), nil()] as const);
    const above = parent === undefined ? undefined : roots.get(parent);
    const hangs =
      above === undefined ? nil() : entryOf(point === undefined ? above : dentry(point, { mode: 0o040755, children: [] }, above));
    const key = place(parent === undefined ? nil() : mountObject(parent, all), hangs);
    builder.define(
      id,
      builder.struct(`${VFS}.Mount`, {
        fs: shown.fs,
        root: entryOf(shown.root),
        ID: field(uint(mount.id)),
        key,
        children: builder.pointer(map(below)),
      }),
    );
    return ref(id);
  }

  return { reference, mount: mountObject };
}
