/** Walks the files of one mount as runsc does at restore, over what was found of them. */
import type { FileKind } from '../../kernel/files/file-kinds.ts';
import type { GoferFile } from '../../kernel/files/gofer-files.ts';
import type { ResourceId } from '../../kernel/resource-id.ts';
import type { NeededFiles, Sight } from '../image-facts.ts';
import type { Rules } from '../rules.ts';
import { noMountError, PANIC_ERROR, restoreError, type Step } from './restore-error.ts';

/** What is the matter with a file. */
export type Trouble =
  | 'missing'
  /** Of another type, where runsc looks at types. */
  | 'other-type'
  /** Cannot be opened, or made, as a restore does. */
  | 'refused'
  /** A symbolic link where a mount was, so that the mount goes elsewhere. */
  | 'moved-mount'
  /** Not decided: this process may not look at it, or try it. */
  | 'not-seen'
  /** Not decided: a restore opens it in a way that is not tried. */
  | 'not-tried'
  /** Of another type, where runsc does not look at types. */
  | 'type-not-compared';

export interface Finding {
  readonly trouble: Trouble;
  readonly file: GoferFile;
  /** In a few words: the type that was found, or the error. */
  readonly why: string;
  /** What runsc prints, for those that stop it; null where that cannot be known. */
  readonly error: string | null;
  /** How many files lie below it that are not looked for any more. */
  below: number;
}

/** A directory that a restore makes by itself. */
const MADE: Sight = { kind: 'directory', error: null, refused: null, unfillable: null };
const ABSENT: Sight = { kind: null, error: 'ENOENT', refused: null, unfillable: null };

/** Errors that another process meets as well, whatever its rights. */
const CERTAIN: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EROFS', 'EPERM', 'EEXIST']);

/**
 * The findings of a mount, in the order of paths, those of files that were removed while open last.
 *
 * Below a file that stops the restore nothing more is looked for. In which order runsc takes the files of one directory is random.
 *
 * @param mountPoints paths in the container at which other mounts of the host hang, with the directories above them: those are made
 *   before the restore begins, with the sandbox
 */
export function walkMount(
  mount: NeededFiles,
  sights: ReadonlyMap<string, Sight>,
  mountPoints: ReadonlyMap<string, ResourceId>,
  rules: Rules,
): Finding[] {
  const findings: Finding[] = [];
  /** Where nothing more is looked for, and why. */
  const stopped = new Map<string, Finding>();
  /** Directories that did not exist and are made. */
  const made = new Map<string, Sight>();
  const sightOf = (path: string): Sight => made.get(path) ?? sights.get(path) ?? ABSENT;
  const fails = (step: Step, file: GoferFile, code: string): Finding => ({
    trouble: !CERTAIN.has(code) ? 'not-seen' : step === 'walk' ? 'missing' : 'refused',
    file,
    why: code,
    error: restoreError(step, file, mount.id, code, rules),
    below: 0,
  });

  const examine = (file: GoferFile): Finding | null => {
    const parent = file.path === '/' ? null : parentOf(file.path);
    // What is made is empty.
    const sight = parent !== null && made.has(parent) ? ABSENT : sightOf(file.path);
    const hanging = mountPoints.get(inContainer(mount.id, file.path));
    if (sight.kind === null) {
      const code = sight.error ?? 'EIO';
      if (code === 'ENOENT' && hanging !== undefined) {
        made.set(file.path, MADE);
        return null;
      }
      if (!CERTAIN.has(code)) return fails('walk', file, code);
      if (!file.remade || file.kind !== 'directory') return fails('walk', file, code);
      if (code !== 'ENOENT') return fails('make', file, code);
      const unfillable = parent === null ? null : sightOf(parent).unfillable;
      if (unfillable !== null) return fails('make', file, unfillable);
      made.set(file.path, MADE);
      return null;
    }
    if (sight.kind === 'symlink' && hanging !== undefined)
      return { trouble: 'moved-mount', file, why: hanging.path, error: noMountError(hanging, rules), below: 0 };
    if (sight.kind !== file.kind) return otherType(file, sight.kind);
    if (sight.refused !== null) return fails('open', file, sight.refused);
    return file.special ? { trouble: 'not-tried', file, why: sight.kind, error: null, below: 0 } : null;
  };

  const otherType = (file: GoferFile, found: FileKind): Finding => {
    const is = (trouble: Trouble, error: string | null): Finding => ({ trouble, file, why: found, error, below: 0 });
    // The gofer, unlike the sentry, knows no block devices.
    if (found === 'block-device' && mount.directfs !== true)
      return is('other-type', restoreError('walk', file, mount.id, 'EPERM', rules));
    if (mount.shared === true) return is('other-type', PANIC_ERROR);
    if (mount.shared === null) return is('not-tried', null);
    const opened = openingOf(found, file, mount.directfs === true);
    if (opened === null) return is(file.special ? 'not-tried' : 'type-not-compared', null);
    if (opened === 'depends') return is('not-tried', null);
    return is('refused', opened === 'waits' ? null : restoreError('open', file, mount.id, opened, rules));
  };

  for (const file of mount.files) {
    if (file.deleted) continue;
    const above = file.path === '/' ? undefined : stopped.get(parentOf(file.path));
    if (above !== undefined) {
      stopped.set(file.path, above);
      above.below++;
      continue;
    }
    const finding = examine(file);
    if (finding === null) continue;
    findings.push(finding);
    // A file of another type can be walked to, and what lies below it is not found.
    if (finding.trouble !== 'type-not-compared' && finding.trouble !== 'not-tried') stopped.set(file.path, finding);
  }
  const removed = new Set(mount.files.flatMap(({ deleted, path }) => (deleted ? [path] : [])));
  for (const file of mount.files) {
    const parent = parentOf(file.path);
    // A directory that was removed too is made again first, and is empty.
    if (!file.deleted || stopped.has(parent) || removed.has(parent)) continue;
    const code = remaking(file, sightOf(parent), sightOf(file.path), rules);
    if (code !== null) findings.push(fails('make-again', file, code));
  }
  return findings;
}

/** Why a file that was removed while open cannot be made again, or null. */
function remaking(file: GoferFile, parent: Sight, taken: Sight, rules: Rules): string | null {
  if (parent.kind !== 'directory') return 'ENOTDIR';
  if (parent.unfillable !== null) return parent.unfillable;
  if (taken.kind === null) return null;
  const renamed = rules.has(file.kind === 'directory' ? 'deleted-directory-renamed' : 'deleted-file-renamed');
  return renamed ? null : 'EEXIST';
}

/**
 * What opening a file of another type as before gives: null for success, the error, `waits` for ever, or `depends` on the device or the
 * flags of runsc. Opening by the sentry itself (directfs) differs from opening by the gofer, which refuses by type.
 */
function openingOf(found: FileKind, { reopen }: GoferFile, directfs: boolean): string | null {
  if (reopen === null) return null;
  switch (found) {
    case 'directory':
      return reopen.write ? 'EISDIR' : null;
    case 'symlink':
      return directfs ? 'ELOOP' : 'EINVAL';
    case 'socket':
      return directfs ? 'ENXIO' : 'EPERM';
    case 'fifo':
      // The gofer refuses it unless --host-fifo=open.
      if (!directfs) return 'depends';
      return reopen.read && reopen.write ? null : 'waits';
    default:
      return 'depends';
  }
}

/** The path of a mount's file in its container. */
function inContainer(id: ResourceId | null, path: string): string {
  const base = id === null || id.path === '/' ? '' : id.path;
  return path === '/' ? base || '/' : `${base}${path}`;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
