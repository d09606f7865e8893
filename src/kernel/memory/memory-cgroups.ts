/** Names of the memory cgroups that saved memory is charged to. */
import { fieldAt, mapEntries, objectNode } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { identityOf, readDentry } from '../files/dentry.ts';
import { pathInFilesystem } from '../files/dentry-path.ts';
import type { SavedKernel } from '../saved-kernel.ts';
import { numberIn, structOf } from '../struct-values.ts';

/**
 * Paths of the cgroups that tasks are in, by gVisor's number of the cgroup; empty for releases without such numbers (before 2023-06-21).
 *
 * @see gVisor pkg/sentry/kernel/task_cgroup.go: SetMemCgIDFromCgroup; fsimpl/cgroupfs: cgroupInode.id.
 */
export function memoryCgroupPaths({ graph, threads }: SavedKernel, onDamage: OnDamage): Map<number, string> {
  const paths = new Map<number, string>();
  const seen = new Set<number>();
  for (const { objectId, tid } of threads) {
    if (tid === null) continue;
    attempt(() => {
      const groups = fieldAt(objectNode(graph, objectId), 'cgroups');
      if (groups === null) return;
      for (const { key } of mapEntries(groups)) {
        const inode = fieldAt(key, 'CgroupImpl');
        if (inode === null || seen.has(identityOf(inode))) continue;
        seen.add(identityOf(inode));
        const id = numberIn(structOf(inode), 'id');
        const dentry = fieldAt(key, 'Dentry');
        if (id !== null && dentry !== null) paths.set(id, pathInFilesystem(readDentry(dentry)));
      }
    }, onDamage);
  }
  return paths;
}
