/** Messages about memory, files and sockets, and those after the kernel was loaded (conditions 33 to 47 of docs/gates.md). */
import type { LogPattern } from './log-pattern.ts';

const PGALLOC = 'gVisor pkg/sentry/pgalloc/save_restore.go';
const KERNEL_RESTORE = 'gVisor pkg/sentry/kernel/kernel_restore.go';
const GOFER = 'gVisor pkg/sentry/fsimpl/gofer/save_restore.go, inode_impl.go';
const RESTORER = 'gVisor runsc/boot/restore.go: restorer.restore';
const WHY = 'the error';
const PATH = 'the file, from the root of its mount';
const MOUNT = '`container:path` of the mount';
const OWNER = '`container:path` of the file system';
const OTHER_OVERLAY = {
  title: 'The new sandbox keeps the files of a container elsewhere than the saved one',
  meaning:
    'A file system with a memory file of its own (a writable overlay with a backing file, a tmpfs with a medium) must be configured in the same way, for a container of the same name. `--overlay2`, the hints of mounts, or the container names differ.',
  remedy:
    'Restore with the `--overlay2` of the saved sandbox, the same annotations for mounts, and the same container names. A split filesystem checkpoint needs `--split-fsrestore`.',
} as const;

export const MEMORY_PATTERNS: readonly LogPattern[] = [
  {
    id: 'memory-file-unknown',
    shapes: [
      'Memory file for {owner:q} not found in CtxMemoryFileMap',
      "can't restore pma because its MemoryFile's resource ID {owner:q} was not found in CtxMemoryFileMap",
      "can't restore pma because its MemoryFile's restore ID {owner:q} was not found in CtxMemoryFileMap",
      'saved private memory file for {owner:q} was not configured on restore',
    ],
    role: 'cause',
    order: 36,
    gate: 'pages',
    codes: ['CKPT1956', 'CKPT1955'],
    from: 'release-20231204.0',
    parts: { owner: OWNER },
    text: OTHER_OVERLAY,
    source: `${KERNEL_RESTORE}; pkg/sentry/fsimpl/tmpfs/save_restore.go; pkg/sentry/mm/save_restore.go`,
  },
  {
    id: 'private-files-differ',
    shapes: ['inconsistent private memory files on restore: savedMFOwners = {owners}, mfmap = {map}'],
    role: 'cause',
    order: 35,
    gate: 'pages',
    codes: ['CKPT1955', 'CKPT1956'],
    from: 'release-20231204.0',
    parts: { owners: 'file systems with pages in the image', map: 'file systems of the new sandbox that should have some' },
    text: {
      ...OTHER_OVERLAY,
      meaning: `${OTHER_OVERLAY.meaning} A checkpoint that was made with \`--split-fscheckpoint\` or \`--fs-checkpoint-paths\` has none in the image itself; \`ckpt check\` tells which case it is (CKPT1955, CKPT1956).`,
    },
    source: `${KERNEL_RESTORE}: loadPrivateMemoryFiles`,
  },
  {
    id: 'memory-framing',
    shapes: ['mismatched segment: expected {expected:d}, got {found:d}', 'unexpected object'],
    role: 'cause',
    order: 34,
    gate: 'image-readable',
    codes: ['CKPT1008', 'CKPT1951'],
    parts: { expected: 'bytes that should follow', found: 'bytes that the image says' },
    text: {
      title: 'The saved memory is not framed as this runsc expects',
      meaning:
        'The layout of the memory changed in 2024-04, 2024-06, 2025-10, 2026-01 and 2026-08. Either the image is of another age, or it is damaged, or files of two images were mixed in one directory. The loader runs in the background from the beginning, so that this can show before, or instead of, the message about the version.',
      remedy: 'Compare the versions first (`ckpt inspect IMAGE --section summary`, `runsc --version`); then `ckpt verify IMAGE`.',
    },
    source: `${PGALLOC}: MemoryFile.LoadFrom`,
  },
  {
    id: 'memory-proto-version',
    shapes: ['unsupported MemoryFileMetadataProto version {version:d}'],
    role: 'cause',
    order: 34,
    gate: 'runsc-version',
    codes: ['CKPT1301'],
    from: 'release-20260817.0',
    parts: { version: 'the version of the metadata' },
    text: {
      title: 'The metadata of the memory is of another version of runsc',
      meaning:
        'Since `release-20260817.0` the metadata of the memory has a version of its own, and this one is unknown to the restoring runsc.',
      remedy: 'Restore with the release that saved the image.',
    },
    source: `${PGALLOC}: importMetadataProto`,
  },
  {
    id: 'metadata-parse',
    shapes: [
      'failed to read metadata length: {why}',
      'failed to read metadata: {why}',
      'failed to unmarshal metadata: {why}',
      'failed to import metadata: {why}',
      'makeslice: len out of range',
      'makeslice: cap out of range',
      'proto: cannot parse {why}',
    ],
    role: 'cause',
    order: 37,
    gate: 'runsc-version',
    codes: ['CKPT1301', 'CKPT1008'],
    from: 'release-20240930.0',
    parts: { why: WHY },
    text: {
      title: 'pages_meta.img could not be parsed: usually the version of runsc differs',
      meaning:
        'runsc begins to parse pages_meta.img in the background before it compares versions (github.com/google/gvisor/issues/14278). An image of another release then fails with a nonsensical length, a failed allocation or a dead sandbox, instead of the message about the version. A damaged pages_meta.img looks the same.',
      remedy:
        'Compare the versions: `ckpt inspect IMAGE --section summary` and `runsc --version`; restore with the release that saved the image. When they are equal: `ckpt verify IMAGE`.',
    },
    source: `${KERNEL_RESTORE}: AsyncMFLoader; ${PGALLOC}: MemoryFile.LoadFrom`,
  },
  {
    id: 'async-loader-start',
    shapes: ['Failed to start async page loading: {why}', 'failed to start async page loading: {why}'],
    role: 'cause',
    order: 13,
    gate: null,
    codes: [],
    from: 'release-20240930.0',
    parts: { why: WHY },
    text: {
      title: 'The loader of the pages could not start, and the restore waits for ever',
      meaning:
        'runsc logs this and goes on; nothing tells the restore that waits for the loader. Limits of the host (io_uring, memory that may be locked, open files) are the reasons.',
      remedy:
        'End the sandbox, look at the error behind the colon, and restore again; an image with its memory inside (`--compression flate-best-speed`) does not use this loader.',
    },
    source: `${KERNEL_RESTORE}: AsyncMFLoader.backgroundGoroutine`,
  },
  {
    id: 'memory-host',
    shapes: ['failed to truncate MemoryFile: {why}', 'failed to mmap MemoryFile: {why}', 'creating memory file: {why}'],
    role: 'cause',
    order: 34,
    gate: null,
    codes: [],
    parts: { why: WHY },
    text: {
      title: 'The host has no room for the memory of the sandbox',
      meaning: 'The saved memory is put into a file in memory (memfd or a file of the host). The host refused it.',
      remedy:
        'Look at the memory limit of the cgroup, at RLIMIT_FSIZE, and at the free memory; `ckpt pages IMAGE` says how much is needed.',
    },
    source: `${PGALLOC}: MemoryFile.LoadFrom`,
  },
  {
    id: 'pages-read',
    shapes: [
      'failed to read pages: {why}',
      'async MemoryFile loading failed: {why}',
      'Killing the sandbox after MemoryFile page loading failed: {why}',
      'previous async page loading failed: {why}',
      'Failed to load MemoryFile pages: {why}',
    ],
    role: 'cause',
    order: 42,
    gate: 'pages',
    codes: ['CKPT1952'],
    from: 'release-20240930.0',
    parts: { why: '`EOF`: pages.img ends too early; `input/output error`: it cannot be read' },
    text: {
      title: 'The pages could not be read to their end',
      meaning:
        'pages.img is shorter than its metadata says, or could not be read. With `--background` the restore has answered success by then, and the sandbox is killed; before `release-20250414.0` it goes on with pages that are missing.',
      remedy:
        '`ckpt verify IMAGE` compares the size to the byte. Copy the image again. With `--background` the file must stay readable until all of it is loaded.',
    },
    source: `${PGALLOC}; runsc/boot/restore.go: postRestore`,
  },
  {
    id: 'memory-loading',
    shapes: [
      'failed to load memory files: {why}',
      'failed to load main MemoryFile {why}',
      'Failed to load main MemoryFile {why}',
      'failed to load private MemoryFiles: {why}',
      'Failed to load private MemoryFiles: {why}',
      'main MF start failed: {why}',
      'failed to load MemoryFile {why}',
    ],
    general: true,
    role: 'cause',
    order: 37,
    gate: 'image-readable',
    codes: ['CKPT1008', 'CKPT1952', 'CKPT1301'],
    parts: { why: WHY },
    text: {
      title: 'The saved memory could not be loaded',
      meaning:
        'The metadata of the memory or its pages are damaged, incomplete or of another release. The loader of pages_meta.img works in the background, so that its warning can stand in the log of a restore that failed for another reason.',
      remedy:
        'Read what stands behind the colon; `ckpt verify IMAGE` says whether the image is damaged, `ckpt check IMAGE` whether the runsc fits.',
    },
    source: KERNEL_RESTORE,
  },
  {
    id: 'pages-short',
    shapes: ['EOF', 'input/output error', 'unexpected EOF'],
    whole: true,
    role: 'cause',
    order: 42,
    gate: 'pages',
    codes: ['CKPT1952', 'CKPT1008'],
    text: {
      title: 'Something ends too early: most often pages.img',
      meaning:
        'The message of the restore is nothing but this. A pages.img that was cut off does that; so does memory inside checkpoint.img that ends too early.',
      remedy: '`ckpt verify IMAGE` says which file ends too early and how many bytes are missing. Copy the image again.',
    },
    source: `${PGALLOC}: MemoryFile.LoadFrom`,
  },
  {
    id: 'file-missing-unnamed',
    shapes: ['no such file or directory', 'not a directory', 'permission denied'],
    whole: true,
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1851'],
    to: 'release-20241104.0',
    text: {
      title: 'A file of the saved container is not in the new root file system',
      meaning:
        'Releases before 1e5b6ec42 (2024-11-05, `release-20241118.0`) print only the error of Linux and not the file. Open and mapped files, executables and working directories must be there.',
      remedy: '`ckpt check IMAGE --rootfs DIR` names the file: it looks for every one that a restore needs.',
    },
    source: GOFER,
  },
  {
    id: 'socket',
    shapes: [
      'e.stack.FindRoute({where}): {why}',
      'got e.stack.CheckLocalAddress({where}) = 0, want != 0',
      'e.stack.JoinGroup({where}): {why}',
      'e.registerWithStack({where}): {why}',
      'RegisterPacketEndpoint({where}): {why}',
      'unable to parse BindAddr: {why}',
      'unable to re-reserve tuple {where}',
      'endpoint listening failed: {why}',
      'endpoint connecting failed: {why}',
      'FindRoute failed when restoring endpoint w/ ID: {where}',
      'endpoint sendBufferSize {where} is outside the min and max allowed',
      'endpoint rcvBufSize {where} is outside the min and max allowed',
    ],
    role: 'cause',
    order: 33,
    gate: 'network',
    codes: ['CKPT1365', 'CKPT1369'],
    parts: { where: 'interface, addresses and ports', why: WHY },
    source: 'gVisor pkg/tcpip/transport/tcp, udp, icmp, raw, packet, internal/network: endpoint_state.go',
  },
  {
    id: 'network-args',
    shapes: ['network configuration cannot be nil during restore', 'configuring network: {why}'],
    role: 'cause',
    order: 39,
    gate: null,
    codes: [],
    from: 'release-20240930.0',
    parts: { why: WHY },
    text: {
      title: 'The network of the new sandbox could not be configured',
      meaning:
        'The saved network stack gets the interfaces of the new network namespace. There were none, or one could not be set up.',
      remedy:
        'Restore through `runsc restore` of the release that saved the image, in a network namespace that works for `runsc run`.',
    },
    source: RESTORER,
  },
  {
    id: 'mount-unknown',
    shapes: ['no server FD available for filesystem with unique ID {id}, map: {map}', 'no server FD map available'],
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1854'],
    parts: { id: `${MOUNT} that the new containers do not have`, map: 'the mounts that they have' },
    source: GOFER,
  },
  {
    id: 'file-missing',
    shapes: ['failed to walk {path:q} of type {type} in mount {mount:q}: {why}', 'failed to walk {path:q} of type {type}: {why}'],
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1851'],
    from: 'release-20241118.0',
    parts: {
      path: PATH,
      type: 'its type (octal st_mode: 0100000 file, 040000 directory, 0120000 link)',
      mount: MOUNT,
      why: 'the error of Linux',
    },
    source: GOFER,
  },
  {
    id: 'file-handles',
    shapes: [
      'failed to restore file handles (read={read:w}, write={write}) for {path:q} in mount {mount:q}: {why}',
      'failed to restore file handles (read={read:w}, write={write}) for {path:q}: {why}',
      'failed to open {path:q} in mount {mount:q}: {why}',
      'failed to create mountpoint directory at {path:q} in mount {mount:q}: {why}',
      'failed to re-create deleted file {path:q}: {why}',
      'failed to re-create deleted directory {path:q}: {why}',
      'failed to write deleted file {path:q}: {why}',
      'failed to clean up recreated deleted file {path:q}: {why}',
      'failed to clean up recreated deleted directory {path:q}: {why}',
    ],
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1853'],
    parts: { read: 'for reading', write: 'for writing', path: PATH, mount: MOUNT, why: 'the error of Linux' },
    source: GOFER,
  },
  {
    id: 'special-file',
    shapes: ['failed to open handle for specialFileFD for {path:q}: {why}'],
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1856'],
    parts: { path: PATH, why: 'the error of Linux' },
    source: GOFER,
  },
  {
    id: 'file-type',
    shapes: [
      'directfsInode file type changed from {saved:w} to {found:w}',
      'direct.dentry file type changed from {saved:w} to {found:w}',
      'gofer.dentry file type changed from {saved:w} to {found:w}',
      'file type changed from {saved:w} to {found:w}',
    ],
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1852'],
    parts: { saved: 'the type that was saved (octal st_mode)', found: 'the type that is there now' },
    source: GOFER,
  },
  {
    id: 'corruption',
    shapes: [
      'restore failed due to external file system state in corruption: {why}',
      'file size validation failed: {why}',
      'mtime validation failed: {why}',
    ],
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1853'],
    parts: { why: WHY },
    text: {
      title: 'A file has another size or time than at save',
      meaning: 'runsc itself never asks for this comparison; a program that embeds gVisor can.',
      remedy: 'Give the new container the files that the saved one had, with their times.',
    },
    source: 'gVisor pkg/sentry/vfs/save_restore.go: ErrCorruption',
  },
  {
    id: 'complete-restore',
    shapes: [
      'vfs.CompleteRestore() failed: {why}',
      'failed to complete restore for filesystem type {type:q}: {why}',
      'failed to restore root {why}',
    ],
    general: true,
    role: 'cause',
    order: 39,
    gate: 'host-files',
    codes: ['CKPT1851', 'CKPT1853'],
    parts: { why: WHY, type: 'the kind of file system; `9p` is a mount of the host' },
    text: {
      title: 'The files of the host are not as the image needs them',
      meaning:
        'Open and mapped files, executables and working directories are looked for again in the root file system and the mounts of the new container. Releases before `release-20241118.0` do not say which one is missing.',
      remedy: '`ckpt check IMAGE --rootfs DIR --mount /path=DIR` looks for every file and names those that are missing.',
    },
    source: 'gVisor pkg/sentry/vfs/save_restore.go: VirtualFilesystem.CompleteRestore',
  },
  {
    id: 'host-cores',
    shapes: ["UseHostCores enabled: can't increase ApplicationCores from {saved:d} to {host:d} after restore"],
    role: 'cause',
    order: 40,
    gate: null,
    codes: [],
    parts: { saved: 'CPUs of the saved sandbox', host: 'CPUs of the host' },
    text: {
      title: 'The host has more CPUs than the saved sandbox',
      meaning:
        'Only a program that embeds gVisor and ties CPUs of the sandbox to those of the host meets this; runsc never does.',
      remedy: 'Restore on a machine with as many CPUs or fewer.',
    },
    source: RESTORER,
  },
  {
    id: 'gpu-driver',
    shapes: ['nvidia driver version changed during restore: was {host}, now {image}'],
    role: 'cause',
    order: 41,
    gate: 'gpu',
    codes: ['CKPT1372'],
    from: 'release-20250611.0',
    parts: {
      host: 'the driver of this host (the message says `was`)',
      image: 'the driver of the image (the message says `now`)',
    },
    source: RESTORER,
  },
  {
    id: 'container-names',
    shapes: [
      'unable to remap task with CID {cid:q} (name: {container:q}). Available names: {names}',
      'unable to find container root process with CID {cid:q}, processes: {names}',
    ],
    role: 'cause',
    order: 44,
    gate: 'oci-spec',
    codes: ['CKPT1352'],
    from: 'release-20240501.0',
    parts: { cid: 'the id of the saved container', container: 'its name', names: 'names of the new containers' },
    text: {
      title: 'A process belongs to a container that is not among the new ones',
      meaning:
        'Containers are matched by name (`io.kubernetes.cri.container-name`, else `__no_name_` and their number in the order of restoring). The processes of the saved one have nowhere to go.',
      remedy:
        'Restore containers with the saved names, in the saved order; `ckpt inspect IMAGE --section containers` lists them.',
    },
    source: RESTORER,
  },
  {
    id: 'post-restore',
    shapes: [
      'post restore work failed: {why}',
      'Killing the sandbox after post restore work failed: {why}',
      'restorer.readyToStart callback failed: {why}',
      'setting watchdog action: {why}',
    ],
    role: 'cause',
    order: 47,
    gate: null,
    codes: [],
    parts: { why: WHY },
    text: {
      title: 'Everything was loaded, and what comes after it failed',
      meaning:
        'The program that runs after a restore (`save-restore-exec`) or the start of the restored processes failed. With some releases `runsc restore` has answered success by then.',
      remedy:
        'Look at what stands behind the colon, and at the program that was configured with the annotation `dev.gvisor.internal.save-restore-exec-argv`.',
    },
    source: 'gVisor runsc/boot/restore.go: postRestore',
  },
  {
    id: 'restored',
    shapes: ['Restore successful'],
    role: 'note',
    order: null,
    gate: null,
    codes: [],
    text: {
      title: 'A restore succeeded',
      meaning: 'The sandbox was restored. What else is in the log belongs to another attempt, or came later.',
      remedy: 'Nothing.',
    },
    source: RESTORER,
  },
];
