/** Control groups: those of a task, and the hierarchies that the kernel has. */
import { fieldAt, mapEntries, type Node, string } from '../../graph/node.ts';
import { type ElementBudget, elementsWithin, entriesWithin } from '../element-budget.ts';
import { readDentry } from '../files/dentry.ts';
import { pathInFilesystem } from '../files/dentry-path.ts';
import { objectOf } from '../object-of.ts';
import { numberIn, type Struct, structOf } from '../struct-values.ts';

/** A task's group in one hierarchy: a line of /proc/PID/cgroup. */
export interface SavedCgroup {
  readonly hierarchy: number;
  /** Names of the controllers, `name=…` of a named hierarchy first. */
  readonly controllers: readonly string[];
  /** From the root of the hierarchy: `/`, `/a/b`. */
  readonly path: string;
}

/** What is known of a file system of control groups. */
interface Hierarchy {
  readonly id: number;
  readonly controllers: readonly string[];
}

/** Reads control groups, each hierarchy once. */
export type CgroupReader = (cgroups: Node | undefined) => SavedCgroup[];

/**
 * A reader of Task.cgroups, which gives the groups of a task by falling number of the hierarchy, as /proc does.
 *
 * It throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`, `inconsistent` for directories in a circle.
 *
 * @see gVisor pkg/sentry/kernel/task_cgroup.go: GetCgroupEntries; fsimpl/cgroupfs: filesystem, dir.
 */
export function cgroupReader(budget: ElementBudget): CgroupReader {
  const hierarchies = new Map<number, Hierarchy>();
  return (cgroups) => {
    const found = entriesWithin(cgroups, budget).map(({ key }): SavedCgroup => {
      const group = structOf(key);
      const { id, controllers } = hierarchyOf(fieldAt(key, 'CgroupImpl'), hierarchies, budget);
      const dentry = group.get('Dentry');
      return { hierarchy: id, controllers, path: dentry === undefined ? '/' : pathInFilesystem(readDentry(dentry)) };
    });
    return found.sort((a, b) => b.hierarchy - a.hierarchy);
  };
}

/** The file system of a group's inode: in the directory that it embeds since 2021-05, in itself before. */
function hierarchyOf(inode: Node | null, known: Map<number, Hierarchy>, budget: ElementBudget): Hierarchy {
  const own = structOf(inode);
  const reference = own.get('fs') ?? structOf(own.get('dir')).get('fs') ?? null;
  const id = objectOf(reference);
  const before = known.get(id);
  if (before !== undefined) return before;
  const hierarchy = readHierarchy(structOf(reference), budget);
  known.set(id, hierarchy);
  return hierarchy;
}

function readHierarchy(filesystem: Struct, budget: ElementBudget): Hierarchy {
  const name = string(filesystem.get('hierarchyName') ?? null);
  const list = filesystem.get('kcontrollers') ?? filesystem.get('controllers');
  const controllers = Array.from(elementsWithin(list, budget), controllerName);
  return {
    id: numberIn(filesystem, 'hierarchyID') ?? 0,
    controllers: [...(name === '' ? [] : [`name=${name}`]), ...controllers],
  };
}

function controllerName(controller: Node): string {
  return string(fieldAt(controller, 'controllerCommon', 'ty'));
}

/** Names of the controllers that are mounted (Kernel.cgroupMountsMap), in alphabetical order; none where the image has no such map. */
export function mountedControllers(kernel: Struct): string[] {
  const mounts = kernel.get('cgroupMountsMap');
  return (mounts === undefined ? [] : mapEntries(mounts).map(({ key }) => string(key))).sort();
}
