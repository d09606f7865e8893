/** What kind of file an open file is, by the Go type that implements it. */

/** Kinds of open files. */
export type FileKind =
  | 'regular'
  | 'directory'
  | 'symlink'
  | 'character-device'
  | 'block-device'
  | 'fifo'
  | 'pipe'
  | 'socket'
  | 'epoll'
  | 'eventfd'
  | 'timerfd'
  | 'signalfd'
  | 'inotify'
  | 'memfd'
  | 'pty-master'
  | 'pty'
  | 'host'
  | 'host-tty'
  /** Content that the kernel makes: /proc, /sys, cgroups. */
  | 'kernel'
  | 'namespace'
  | 'message-queue'
  | 'pidfd'
  | 'io_uring'
  | 'bpf'
  | 'dma-buf'
  /** A file system being configured (fsopen). */
  | 'fscontext'
  /** Opened with O_PATH. */
  | 'path'
  | 'unknown';

/** `by-mode`: the inode says which. */
type Rule = FileKind | 'by-mode';

/**
 * Every type that gVisor saved as the implementation of an open file, 2021 to 2026.
 *
 * @see gVisor: types with a vfs.FileDescription in the state schemas of all releases.
 */
const BY_TYPE: Readonly<Record<string, Rule>> = {
  'pkg/sentry/devices/memdev.fullFD': 'character-device',
  'pkg/sentry/devices/memdev.nullFD': 'character-device',
  'pkg/sentry/devices/memdev.randomFD': 'character-device',
  'pkg/sentry/devices/memdev.zeroFD': 'character-device',
  'pkg/sentry/devices/nvproxy.dmaBufFDWrapper': 'dma-buf',
  'pkg/sentry/devices/nvproxy.frontendFD': 'character-device',
  'pkg/sentry/devices/nvproxy.uvmFD': 'character-device',
  'pkg/sentry/devices/tpuproxy/vfio.pciDeviceFD': 'character-device',
  'pkg/sentry/devices/tpuproxy/vfio.tpuFD': 'character-device',
  'pkg/sentry/devices/tpuproxy/vfio.vfioFD': 'character-device',
  'pkg/sentry/devices/tundev.tunFD': 'character-device',
  'pkg/sentry/fsimpl/cgroup2fs.eventFD': 'kernel',
  'pkg/sentry/fsimpl/cgroup2fs.interfaceFD': 'kernel',
  'pkg/sentry/fsimpl/devpts.masterFileDescription': 'pty-master',
  'pkg/sentry/fsimpl/devpts.replicaFileDescription': 'pty',
  'pkg/sentry/fsimpl/ebpffd.ProgramFD': 'bpf',
  'pkg/sentry/fsimpl/erofs.directoryFD': 'directory',
  'pkg/sentry/fsimpl/erofs.regularFileFD': 'by-mode',
  'pkg/sentry/fsimpl/eventfd.EventFileDescription': 'eventfd',
  'pkg/sentry/fsimpl/fsconfigfd.FSValueFd': 'fscontext',
  'pkg/sentry/fsimpl/fsconfigfd.Fd': 'fscontext',
  'pkg/sentry/fsimpl/fuse.DeviceFD': 'character-device',
  'pkg/sentry/fsimpl/fuse.directoryFD': 'directory',
  'pkg/sentry/fsimpl/fuse.fileDescription': 'by-mode',
  'pkg/sentry/fsimpl/fuse.regularFileFD': 'by-mode',
  'pkg/sentry/fsimpl/gofer.directoryFD': 'directory',
  'pkg/sentry/fsimpl/gofer.regularFileFD': 'by-mode',
  'pkg/sentry/fsimpl/gofer.specialFileFD': 'by-mode',
  'pkg/sentry/fsimpl/host.TTYFileDescription': 'host-tty',
  'pkg/sentry/fsimpl/host.fileDescription': 'host',
  'pkg/sentry/fsimpl/iouringfs.FileDescription': 'io_uring',
  'pkg/sentry/fsimpl/iouringfs.fileDescription': 'io_uring',
  'pkg/sentry/fsimpl/kernfs.DynamicBytesFD': 'kernel',
  'pkg/sentry/fsimpl/kernfs.GenericDirectoryFD': 'directory',
  'pkg/sentry/fsimpl/kernfs.PollableDynamicBytesFD': 'kernel',
  'pkg/sentry/fsimpl/mqfs.queueFD': 'message-queue',
  'pkg/sentry/fsimpl/nsfs.namespaceFD': 'namespace',
  'pkg/sentry/fsimpl/overlay.directoryFD': 'directory',
  'pkg/sentry/fsimpl/overlay.regularFileFD': 'by-mode',
  'pkg/sentry/fsimpl/proc.checkpointFD': 'kernel',
  'pkg/sentry/fsimpl/proc.fsCheckpointFile': 'kernel',
  'pkg/sentry/fsimpl/proc.memFD': 'kernel',
  'pkg/sentry/fsimpl/proc.namespaceFD': 'namespace',
  'pkg/sentry/fsimpl/proc.statusFD': 'kernel',
  'pkg/sentry/fsimpl/proc.subtasksFD': 'directory',
  'pkg/sentry/fsimpl/signalfd.SignalFileDescription': 'signalfd',
  'pkg/sentry/fsimpl/sys.kcovFD': 'kernel',
  'pkg/sentry/fsimpl/timerfd.TimerFileDescription': 'timerfd',
  'pkg/sentry/fsimpl/tmpfs.directoryFD': 'directory',
  'pkg/sentry/fsimpl/tmpfs.regularFileFD': 'by-mode',
  'pkg/sentry/fsimpl/verity.fileDescription': 'by-mode',
  'pkg/sentry/kernel.pidFD': 'pidfd',
  'pkg/sentry/kernel/pipe.VFSPipeFD': 'pipe',
  'pkg/sentry/socket/hostinet.Socket': 'socket',
  'pkg/sentry/socket/hostinet.socketVFS2': 'socket',
  'pkg/sentry/socket/netlink.Socket': 'socket',
  'pkg/sentry/socket/netlink.SocketVFS2': 'socket',
  'pkg/sentry/socket/netstack.Socket': 'socket',
  'pkg/sentry/socket/netstack.SocketVFS2': 'socket',
  'pkg/sentry/socket/netstack.sock': 'socket',
  'pkg/sentry/socket/unix.Socket': 'socket',
  'pkg/sentry/socket/unix.SocketVFS2': 'socket',
  'pkg/sentry/vfs.EpollInstance': 'epoll',
  'pkg/sentry/vfs.Inotify': 'inotify',
  'pkg/sentry/vfs.opathFD': 'path',
};

/** Kinds by S_IFMT. @see Linux include/uapi/linux/stat.h */
const BY_MODE: ReadonlyMap<number, FileKind> = new Map([
  [0o010000, 'fifo'],
  [0o020000, 'character-device'],
  [0o040000, 'directory'],
  [0o060000, 'block-device'],
  [0o100000, 'regular'],
  [0o120000, 'symlink'],
  [0o140000, 'socket'],
]);

/**
 * The kind of an open file.
 *
 * @param type Go type of FileDescription.impl.
 * @param mode permission and type bits of its inode, or null.
 * @param filesystem type name of the mount that it was opened through.
 */
export function kindOfFile(type: string | null, mode: number | null, filesystem: string | null): FileKind {
  const rule = type === null ? undefined : BY_TYPE[type];
  // A named pipe lies in a directory; pipe(2) makes one that does not.
  if (rule === 'pipe') return filesystem === 'pipefs' ? 'pipe' : 'fifo';
  if (rule !== undefined && rule !== 'by-mode') return rule;
  const kind = BY_MODE.get((mode ?? 0) & 0o170000);
  if (kind !== undefined) return kind;
  // Old regular files of overlays and verity save no mode of their own.
  return rule === 'by-mode' ? 'regular' : 'unknown';
}

/** The kind of a file by its mode alone, as the first column of `ls -l` tells it. */
export function kindOfMode(mode: number | null): FileKind {
  return BY_MODE.get((mode ?? 0) & 0o170000) ?? 'unknown';
}
