/** Marks with which the upper layer of an overlay hides what lies under it. @see Linux Documentation/filesystems/overlayfs.rst */
import type { SavedFile } from './saved-file.ts';

/** Whether a name says that the one under it is deleted: a character device of number 0, 0. */
export function isWhiteout({ type, device }: Pick<SavedFile, 'type' | 'device'>): boolean {
  return type === 'character-device' && device?.major === 0 && device.minor === 0;
}

/** Whether a directory hides the one under it. */
export function isOpaque({ type, xattrs }: Pick<SavedFile, 'type' | 'xattrs'>): boolean {
  if (type !== 'directory') return false;
  return xattrs.some(({ name, value }) => NAMES.has(name) && value.length === 1 && value[0] === YES);
}

const NAMES: ReadonlySet<string> = new Set(['trusted.overlay.opaque', 'user.overlay.opaque']);
/** The letter y. */
const YES = 0x79;
