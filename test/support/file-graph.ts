/** Encodes kernel graphs of mounts, directory entries and open files, as releases of 2021, 2023 and 2026 save them. */
import type { SavedKernel } from '../../src/kernel/saved-kernel.ts';
import { kernelFields, readThreads } from '../../src/kernel/threads.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/limits.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { type GraphTask, processGraph } from './process-graph.ts';
import { bool, field, int, map, nil, ref, refInto, string, uint, type WireValue } from './wire-value.ts';

/** `2021`: names of the second virtual file system; `2023`: gofer entries inside wrappers; `2026`: inodes of their own. */
export type Era = '2021' | '2023' | '2026';

type Fields = Readonly<Record<string, WireValue>>;

const VFS = 'pkg/sentry/vfs';
const FSIMPL = 'pkg/sentry/fsimpl';

export interface Place {
  readonly mount: bigint;
  readonly dentry: WireValue;
}

/** The parts of a graph, each of which answers how others refer to it. */
export interface FileGraph {
  readonly graph: GraphBuilder;
  readonly era: Era;
  /** A file system; answers its object id. `name` is the Go package. */
  readonly filesystem: (name: string, fields?: Fields) => bigint;
  /** `itself`: an entry that is its own directory, which no gVisor makes. */
  readonly tmpfs: (filesystem: bigint, name: string, parent: bigint | 'itself' | null, options?: Partial<TestEntry>) => bigint;
  readonly gofer: (filesystem: bigint, name: string, parent: bigint | null, options?: Partial<TestEntry>) => bigint;
  /** An id for a gofer's entry that is defined later. */
  readonly reserveGofer: () => bigint;
  readonly kernfs: (name: string, parent: bigint | null, inode: WireValue) => bigint;
  readonly anonymous: (name: string) => bigint;
  /** A pointer to the vfs.Dentry of an entry. */
  readonly pointer: (entry: bigint) => WireValue;
  /** A pointer to the entry itself, as its file system keeps it. */
  readonly own: (entry: bigint) => WireValue;
  /** Reserves mounts, so that they can name one another. */
  readonly mount: (id: bigint, options: TestMount) => bigint;
  /** An open file of this implementation; answers the pointer to its vfs.FileDescription. */
  readonly file: (type: string, place: Place, options?: TestFile) => WireValue;
  readonly place: (place: Place) => WireValue;
}

export interface TestEntry {
  readonly mode: number;
  readonly ino: number;
  readonly dead: boolean;
  readonly size: number;
  /** Exists only in the sandbox. */
  readonly synthetic: boolean;
  readonly children: readonly (readonly [string, bigint])[];
  readonly locks: bigint;
  /** Reserved before, so that others can name it. */
  readonly id: bigint;
}

export interface TestMount {
  readonly number: number;
  readonly filesystem: bigint;
  readonly root: bigint | null;
  readonly parent?: bigint;
  readonly point?: bigint;
  readonly children?: readonly bigint[];
  readonly writers?: bigint;
  readonly flags?: Readonly<Record<'NoExec' | 'NoATime' | 'NoDev' | 'NoSUID', boolean>>;
  readonly shared?: number;
}

export interface TestFile {
  readonly flags?: number;
  readonly fields?: Fields;
}

const NO_FLAGS = { NoExec: false, NoATime: false, NoDev: false, NoSUID: false };

/** Builds, encodes and indexes a graph of the processes that `describe` answers. */
export async function fileGraph(
  era: Era,
  describe: (files: FileGraph) => { readonly tasks: readonly GraphTask[]; readonly filesystems?: readonly bigint[] },
  limits: Limits = DEFAULT_LIMITS,
): Promise<SavedKernel> {
  const graph = await processGraph((builder) => {
    const vfs = builder.reserve();
    const { tasks, filesystems = [] } = describe(createFiles(builder, era));
    const entries = filesystems.map((id) => [refInto(id, ['vfsfs'], { spec: 'nil' }), nil()] as const);
    builder.define(vfs, builder.struct(`${VFS}.VirtualFilesystem`, { filesystems: builder.pointer(map(entries)) }));
    return { processes: [{ pid: 1, tasks }], kernel: { vfs: ref(vfs) } };
  }, limits);
  return {
    graph,
    threads: readThreads(graph, kernelFields(graph)),
    fpStates: [],
    settings: { containerSpecs: null, runscVersion: null, privateMemoryFiles: null },
    privateMemoryLost: false,
    unread: [],
  };
}

/** Fields of a type by id of an object of it, for the specs of references into it. */
const names = new Map<bigint, string>();

function createFiles(graph: GraphBuilder, era: Era): FileGraph {
  names.clear();
  const types = new Map<bigint, { readonly type: string; readonly dots: readonly string[] }>();
  const define = (type: string, dots: readonly string[], value: (id: bigint) => WireValue, id = graph.reserve()): bigint => {
    types.set(id, { type, dots });
    names.set(id, type);
    graph.define(id, value(id));
    return id;
  };
  const into = (id: bigint, dots: readonly string[], type: string): WireValue =>
    dots.length === 0 ? ref(id) : refInto(id, [...dots], { spec: 'id', id: idOf(type) });
  const idOf = (type: string): number => typeIds.get(type) ?? 0;
  const typeIds = new Map<string, number>();
  const struct = (type: string, fields: Fields): WireValue => {
    typeIds.set(type, graph.type(type, Object.keys(fields)));
    return graph.struct(type, fields);
  };
  const own = (entry: bigint): WireValue => {
    const { type, dots } = types.get(entry) ?? { type: '', dots: [] };
    return into(entry, dots, type);
  };
  const pointer = (entry: bigint): WireValue => {
    const { type, dots } = types.get(entry) ?? { type: '', dots: [] };
    return into(entry, [...dots, 'vfsd'], type);
  };
  const pointing = (type: string, value: WireValue): WireValue => ({
    kind: 'interface',
    type: { spec: 'pointer', to: { spec: 'id', id: idOf(type) } },
    value,
  });
  const vfsd = (impl: WireValue, type: string, dead: boolean): WireValue =>
    struct(`${VFS}.Dentry`, { dead: field(bool(dead)), mounts: nil(), impl: pointing(type, impl) });
  const parentOf = (parent: bigint | null): WireValue => (parent === null ? nil() : own(parent));

  const goferHolder =
    era === '2023' ? { type: `${FSIMPL}/gofer.directfsDentry`, dots: ['dentry'] } : { type: `${FSIMPL}/gofer.dentry`, dots: [] };

  const files: FileGraph = {
    graph,
    era,
    own,
    pointer,
    filesystem(name, fields = {}) {
      const type = `${FSIMPL}/${name}.filesystem`;
      const fsType = `${FSIMPL}/${name}.${/^(?:pipe|sock|ns|host)/.test(name) ? 'filesystemType' : 'FilesystemType'}`;
      return define(type, [], (id) => {
        typeIds.set(fsType, graph.type(fsType));
        typeIds.set(type, graph.type(type, ['vfsfs', ...Object.keys(fields)]));
        const vfsfs = struct(`${VFS}.Filesystem`, {
          fsType: { kind: 'interface', type: { spec: 'id', id: idOf(fsType) }, value: graph.struct(fsType) },
          impl: pointing(type, ref(id)),
        });
        return graph.struct(type, { vfsfs, ...fields });
      });
    },
    tmpfs(filesystem, name, parent, options = {}) {
      const { mode = 0o100644, ino = 0, dead = false, size = 0, children = [], locks } = options;
      const directory = (mode & 0o170000) === 0o040000;
      const type = `${FSIMPL}/tmpfs.dentry`;
      typeIds.set(type, graph.type(type, ['vfsd', 'parent', 'name', 'inode']));
      return define(type, [], (id) => {
        const impl = directory
          ? struct(`${FSIMPL}/tmpfs.directory`, {
              childMap: graph.pointer(map(children.map(([key, child]) => [string(key), own(child)]))),
            })
          : struct(`${FSIMPL}/tmpfs.regularFile`, { size: field(uint(size)), seals: field(uint(1)) });
        const implType = directory ? `${FSIMPL}/tmpfs.directory` : `${FSIMPL}/tmpfs.regularFile`;
        const inode = graph.pointer(
          struct(`${FSIMPL}/tmpfs.inode`, {
            fs: ref(filesystem),
            mode: field(uint(mode)),
            ino: field(uint(ino)),
            locks: locks === undefined ? nil() : ref(locks),
            impl: pointing(implType, graph.pointer(impl)),
          }),
        );
        const above = parent === 'itself' ? ref(id) : parentOf(parent);
        return graph.struct(type, { vfsd: vfsd(ref(id), type, dead), parent: above, name: field(string(name)), inode });
      });
    },
    gofer(filesystem, name, parent, options = {}) {
      const { mode = 0o100755, ino = 0, dead = false, size = 0, synthetic = false, children = [], id: reserved } = options;
      const facts = { fs: ref(filesystem), mode: field(uint(mode)), ino: field(uint(ino)), size: field(uint(size)) };
      const list = graph.pointer(map(children.map(([key, child]) => [string(key), own(child)])));
      const type = `${FSIMPL}/gofer.dentry`;
      const wrapper = `${FSIMPL}/gofer.directfsDentry`;
      const common = ['vfsd', 'parent', 'name', 'children'];
      typeIds.set(
        type,
        graph.type(type, [
          ...common,
          ...(era === '2026' ? ['inode'] : [...Object.keys(facts), ...(era === '2023' ? ['impl'] : [])]),
        ]),
      );
      if (era === '2023') typeIds.set(wrapper, graph.type(wrapper, ['dentry']));
      const { type: holder, dots } = goferHolder;
      const entry = (id: bigint): WireValue => {
        const base = {
          vfsd: vfsd(into(id, dots, holder), type, dead),
          parent: parentOf(parent),
          name: field(string(name)),
          children: list,
        };
        const noWay: WireValue = { kind: 'interface', type: { spec: 'nil' }, value: nil() };
        if (era === '2021') return graph.struct(type, { ...base, ...facts });
        if (era === '2023') {
          const way = synthetic ? noWay : pointing(wrapper, ref(id));
          return graph.struct(wrapper, { dentry: graph.struct(type, { ...base, ...facts, impl: way }) });
        }
        const inodeId = graph.reserve();
        const inodeType = `${FSIMPL}/gofer.directfsInode`;
        typeIds.set(inodeType, graph.type(inodeType, ['inode']));
        const inode = struct(`${FSIMPL}/gofer.inode`, { ...facts, impl: synthetic ? noWay : pointing(inodeType, ref(inodeId)) });
        graph.define(inodeId, graph.struct(inodeType, { inode }));
        return graph.struct(type, { ...base, inode: into(inodeId, ['inode'], inodeType) });
      };
      return define(holder, dots, entry, reserved);
    },
    reserveGofer() {
      const id = graph.reserve();
      types.set(id, goferHolder);
      return id;
    },
    kernfs(name, parent, inode) {
      const type = `${FSIMPL}/kernfs.Dentry`;
      typeIds.set(type, graph.type(type, ['vfsd', 'parent', 'name', 'inode']));
      return define(type, [], (id) =>
        graph.struct(type, { vfsd: vfsd(ref(id), type, false), parent: parentOf(parent), name: field(string(name)), inode }),
      );
    },
    anonymous(name) {
      const type = `${VFS}.anonDentry`;
      typeIds.set(type, graph.type(type, ['vfsd', 'name']));
      return define(type, [], (id) => graph.struct(type, { vfsd: vfsd(ref(id), type, false), name: string(name) }));
    },
    mount(id, { number, filesystem, root, parent, point, children = [], writers = 0n, flags = NO_FLAGS, shared = 0 }) {
      const flagFields = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, field(bool(value))]));
      graph.define(
        id,
        graph.struct(`${VFS}.Mount`, {
          fs: refInto(filesystem, ['vfsfs'], { spec: 'id', id: idOf(names.get(filesystem) ?? '') }),
          root: root === null ? nil() : pointer(root),
          ID: field(uint(number)),
          [era === '2026' ? 'flags' : 'Flags']: graph.struct(`${VFS}.MountFlags`, flagFields),
          key: graph.struct(`${VFS}.VirtualDentry`, {
            mount: parent === undefined ? nil() : ref(parent),
            dentry: point === undefined ? nil() : pointer(point),
          }),
          children: graph.pointer(map(children.map((child) => [ref(child), nil()]))),
          isShared: field(bool(shared > 0)),
          groupID: field(uint(shared)),
          writers: field(int(writers)),
        }),
      );
      return id;
    },
    place: ({ mount, dentry }) => graph.struct(`${VFS}.VirtualDentry`, { mount: ref(mount), dentry }),
    file(type, place, { flags = 0, fields = {} } = {}) {
      typeIds.set(type, graph.type(type, ['vfsfd', ...Object.keys(fields)]));
      const id = define(type, ['vfsfd'], (at) =>
        graph.struct(type, {
          vfsfd: struct(`${VFS}.FileDescription`, {
            statusFlags: field(uint(flags)),
            asyncHandler: nil(),
            vd: files.place(place),
            impl: pointing(type, ref(at)),
          }),
          ...fields,
        }),
      );
      return into(id, ['vfsfd'], type);
    },
  };
  return files;
}

/** A task with this root and these descriptors. */
export function taskWith(
  { graph, era, place }: FileGraph,
  root: Place,
  cwd: Place,
  descriptors: readonly (readonly [number, WireValue])[],
  namespace?: bigint,
): GraphTask {
  const flags = graph.struct('pkg/sentry/kernel.FDFlags', { CloseOnExec: nil() });
  const old = era === '2021';
  const entries = descriptors.map(([fd, file]) => {
    const fields: Fields = old ? { file: nil(), fileVFS2: file, flags } : { file, flags };
    return [int(fd), graph.struct('pkg/sentry/kernel.descriptor', fields)] as const;
  });
  const table = graph.pointer(graph.struct('pkg/sentry/kernel.FDTable', { descriptorTable: graph.pointer(map(entries)) }));
  const places: Fields = old
    ? { root: nil(), rootVFS2: place(root), cwd: nil(), cwdVFS2: place(cwd), umask: uint(0o22) }
    : { root: place(root), cwd: place(cwd), umask: uint(0o22) };
  const context = graph.pointer(graph.struct('pkg/sentry/kernel.FSContext', places));
  return {
    tid: 1,
    name: 'program',
    fields: {
      fdTable: table,
      fsContext: context,
      [old ? 'mountNamespaceVFS2' : 'mountNamespace']: namespace === undefined ? nil() : ref(namespace),
    },
  };
}
