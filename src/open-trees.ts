/** The directories that the mounts of the new sandbox get, by what the caller named. */
import { CkptError } from './errors.ts';
import { type HostTree, openHostTree } from './io/host-tree.ts';
import { whatIsAt } from './io/small-files.ts';

/** A directory for a mount. */
export interface GivenTree {
  /** As it was named. */
  readonly source: string;
  /** The container that the caller says it is for, or null. */
  readonly container: string | null;
  /** Where it is mounted: `/` for the root file system. */
  readonly path: string;
  /** Null when it could not be opened. */
  readonly tree: HostTree | null;
}

/** A directory that could not be opened. */
export interface TreeError {
  readonly tree: string;
  readonly error: CkptError;
}

type Named = Omit<GivenTree, 'tree'> & { readonly directory: string };

/** `/path=DIR` or `container:/path=DIR`; null for anything else. */
export function parseMount(source: string): Named | null {
  const [, container, path, directory] = /^(?:([^/=]+):)?(\/[^=]*)=(.+)$/s.exec(source) ?? [];
  if (path === undefined || directory === undefined) return null;
  return { source, container: container ?? null, path: path.replace(/(?<=.)\/+$/, ''), directory };
}

/**
 * Opens the directories of root file systems (`DIR`, or `container=DIR` unless something of exactly that name, `=` included, exists) and of
 * mounts (`container:/path=DIR`, or `/path=DIR`). Never throws a CkptError.
 */
export function openTrees(
  roots: readonly string[],
  mounts: readonly string[],
): { readonly trees: GivenTree[]; readonly errors: TreeError[] } {
  const trees: GivenTree[] = [];
  const errors: TreeError[] = [];
  for (const { directory, ...named } of [...roots.map(parseRoot), ...mounts.flatMap((source) => parseMount(source) ?? [])]) {
    let tree: HostTree | null = null;
    try {
      tree = openHostTree(directory);
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      errors.push({ tree: named.source, error: error.at({ file: named.source }) });
    }
    trees.push({ ...named, tree });
  }
  return { trees, errors };
}

function parseRoot(source: string): Named {
  const at = source.indexOf('=');
  const plain = at <= 0 || at === source.length - 1 || whatIsAt(source) !== 'nothing';
  return {
    source,
    container: plain ? null : source.slice(0, at),
    path: '/',
    directory: plain ? source : source.slice(at + 1),
  };
}
