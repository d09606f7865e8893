/** What runsc prints when a file of the host is not as it was. */
import type { FileKind } from '../../kernel/files/file-kinds.ts';
import type { GoferFile } from '../../kernel/files/gofer-files.ts';
import type { ResourceId } from '../../kernel/resource-id.ts';
import { quoted } from '../go-syntax.ts';
import type { Rules } from '../rules.ts';

/** Messages of the operating system, as Go prints them. @see Go syscall/zerrors_linux_amd64.go */
const ERRORS: Readonly<Record<string, string>> = {
  EEXIST: 'file exists',
  EINVAL: 'invalid argument',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  ENXIO: 'no such device or address',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
};

/** What stopped the restore at a file. */
export type Step =
  /** It was looked for in its directory. */
  | 'walk'
  /** It was opened for reading and writing as it was before. */
  | 'open'
  /** A directory for a mount was made. */
  | 'make'
  /** A file that had been removed was made again. */
  | 'make-again';

/** Kinds as they begin a mode. @see Linux include/uapi/linux/stat.h */
const TYPE_BITS: Partial<Record<FileKind, number>> = {
  fifo: 0o010000,
  'character-device': 0o020000,
  directory: 0o040000,
  'block-device': 0o060000,
  regular: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
};

/**
 * The innermost message of that release on one line, or null where its words are not known.
 *
 * @param id of the mount
 * @param code the error of Linux
 * @see gVisor pkg/sentry/fsimpl/gofer/inode_impl.go: dentry.restoreFile; save_restore.go; pkg/sentry/vfs/save_restore.go
 */
export function restoreError(step: Step, file: GoferFile, id: ResourceId | null, code: string, rules: Rules): string | null {
  const inner = ERRORS[code];
  if (inner === undefined) return null;
  if (!rules.has('restore-error-context')) return inner;
  const what = stepText(step, file, rules.has('restore-error-mount') ? ` in mount ${quoted(idText(id))}` : '', rules);
  const root = file.path === '/' ? 'failed to restore root: ' : '';
  return `${PREFIX}${root}${what}: ${inner}`;
}

const PREFIX = 'vfs.CompleteRestore() failed: failed to complete restore for filesystem type "9p": ';

function stepText(step: Step, file: GoferFile, where: string, rules: Rules): string {
  const path = quoted(file.path === '/' ? '' : file.path);
  switch (step) {
    case 'walk': {
      const bits = TYPE_BITS[file.kind] ?? 0;
      const type = rules.has('restore-error-mount') ? `0${bits.toString(8)}` : bits.toString(16);
      return `failed to walk ${path} of type ${type}${where}`;
    }
    case 'open':
      return `failed to restore file handles (read=${file.reopen?.read === true}, write=${file.reopen?.write === true}) for ${path}${where}`;
    case 'make':
      return `failed to create mountpoint directory at ${path}${where}`;
    case 'make-again':
      return `failed to re-create deleted ${file.kind === 'directory' ? 'directory' : 'file'} ${path}`;
  }
}

/** The sandbox panics where the type of a file has changed, which shows as the end of its connection. */
export const PANIC_ERROR = 'urpc method "containerManager.Restore" failed: EOF';

/**
 * What runsc prints where the new sandbox has no such mount: until 2024-11 by itself, and since 2024-01 with a map of descriptors, which cannot be known.
 *
 * @see gVisor pkg/sentry/fsimpl/gofer/save_restore.go: CompleteRestore
 */
export function noMountError({ path }: ResourceId, rules: Rules): string | null {
  return rules.has('restore-ids') ? null : `no server FD available for filesystem with unique ID ${quoted(path)}`;
}

function idText(id: ResourceId | null): string {
  return `${id?.container ?? ''}:${id?.path ?? ''}`;
}
