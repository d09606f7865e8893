/** Section `mounts` of an inspection. */
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { countText, newFileReading } from '../kernel/files/file-reading.ts';
import type { FileSystemDetails } from '../kernel/files/filesystem-details.ts';
import { type MountFlags, type MountLine, readMounts } from '../kernel/files/mounts.ts';
import type { SavedKernel } from '../kernel/saved-kernel.ts';
import type { SavedThread } from '../kernel/threads.ts';

/** One mount, as a line of /proc/PID/mountinfo shows it to the first process of its namespace. */
export interface MountDocument {
  /** Graph path of the mount namespace. */
  readonly namespace: string;
  /** The first process in it, and that process's container. */
  readonly pid: number;
  readonly container: string;
  readonly id: number;
  /** Id of the mount that it hangs in; its own when it hangs nowhere. */
  readonly parent: number;
  /** `major:minor`. */
  readonly device: string | null;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  /** Where it is mounted. */
  readonly path: string;
  /** As mountinfo shows them: `ro,noexec`. */
  readonly options: string;
  /** What is set, also what this gVisor does not show. */
  readonly flags: readonly string[];
  /** `shared:1`, `master:2`; none for a private mount. */
  readonly propagation: readonly string[];
  /** Type name of the file system. */
  readonly type: string | null;
  /** The file system's own options, as mountinfo shows them; null when they are not known. */
  readonly superOptions: string | null;
  /** What stands behind it; null for what the kernel makes up. */
  readonly behind: FileSystemDetails | null;
  /** Graph path of the mount. */
  readonly object: string;
}

/**
 * The mounts of all namespaces with a live process: by namespace in order of its first process, then by mount id.
 *
 * @param only processes whose namespaces are wanted; default: all.
 */
export function mountDocuments(
  kernel: SavedKernel,
  onDamage: OnDamage,
  only: (process: SavedThread) => boolean = () => true,
): MountDocument[] {
  const reading = newFileReading();
  const documents: MountDocument[] = [];
  for (const { objectId, processes, mounts } of readMounts(kernel, onDamage)) {
    const [first] = processes;
    if (first === undefined || !processes.some(only)) continue;
    const owner = {
      namespace: `g${kernel.graph.number}r${objectId}`,
      pid: first.pid ?? 0,
      container: first.containerName ?? first.containerId,
    };
    for (const line of mounts) {
      // Every entry repeats the name of the container.
      const part = attempt(() => {
        countText(owner.container.length, line.mount.node, reading);
        return mountPart(line, kernel);
      }, onDamage);
      if (part !== null) documents.push({ ...owner, ...part });
    }
  }
  return documents;
}

function mountPart(line: MountLine, { graph }: SavedKernel): Omit<MountDocument, 'namespace' | 'pid' | 'container'> {
  const { id, parentId, device, root, path, options, flags, propagation, type, superOptions, details, objectId } = line;
  return {
    id,
    parent: parentId,
    device: device === null ? null : `${device.major}:${device.minor}`,
    root,
    path,
    options,
    flags: flagNames(flags),
    propagation,
    type,
    superOptions,
    behind: details,
    object: `g${graph.number}r${objectId}`,
  };
}

const FLAG_NAMES = [
  ['readOnly', 'ro'],
  ['noSuid', 'nosuid'],
  ['noDev', 'nodev'],
  ['noExec', 'noexec'],
  ['noAtime', 'noatime'],
] as const satisfies readonly (readonly [keyof MountFlags, string])[];

function flagNames(flags: MountFlags): string[] {
  return FLAG_NAMES.filter(([flag]) => flags[flag]).map(([, name]) => name);
}
