/** A list of processes as a tree: who started whom. */

/** What the tree needs of a process. */
interface Member {
  readonly pid: number | null;
  readonly ppid: number | null;
}

/** A process and what is drawn before its name. */
export interface Branch<T> {
  readonly process: T;
  /** `│  ├─ `; empty for one without a parent. */
  readonly prefix: string;
}

/** The deepest level that is drawn; what lies deeper is drawn at that level. Stops a chain of a million processes from being as wide as it is long. */
const DEEPEST = 40;

/**
 * The processes that have an id, parents before their children and children in the order given. Each appears once, whatever the parents say:
 * one that is its own ancestor counts as one without a parent.
 */
export function processTree<T extends Member>(processes: readonly T[]): Branch<T>[] {
  const live = processes.filter(({ pid }) => pid !== null);
  const pids = new Set(live.map(({ pid }) => pid));
  const children = new Map<number, T[]>();
  const roots: T[] = [];
  for (const process of live) {
    const { ppid } = process;
    if (ppid === null || !pids.has(ppid) || ppid === process.pid) roots.push(process);
    else {
      const siblings = children.get(ppid);
      if (siblings === undefined) children.set(ppid, [process]);
      else siblings.push(process);
    }
  }
  const branches: Branch<T>[] = [];
  const seen = new Set<T>();
  for (const root of [...roots, ...live]) walk(root);
  return branches;

  function walk(root: T): void {
    const waiting = [{ process: root, prefix: '', below: '', depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { process, prefix, below, depth } = next;
      if (seen.has(process)) continue;
      seen.add(process);
      branches.push({ process, prefix });
      const own = children.get(process.pid ?? 0) ?? [];
      for (const [index, child] of [...own.entries()].reverse()) {
        const last = index === own.length - 1;
        const deeper = depth < DEEPEST ? below + (last ? '   ' : '│  ') : below;
        waiting.push({ process: child, prefix: `${below}${last ? '└─ ' : '├─ '}`, below: deeper, depth: depth + 1 });
      }
    }
  }
}
