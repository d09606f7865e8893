/** The files of the host that an image refers to, and what is found of them in the directories that the caller named. */
import type { HostTree } from './io/host-tree.ts';
import { attempt } from './kernel/attempt.ts';
import { type GoferFile, type GoferFiles, readGoferFiles } from './kernel/files/gofer-files.ts';
import { lostDescriptors } from './kernel/files/lost-descriptors.ts';
import type { SavedKernel } from './kernel/saved-kernel.ts';
import { kernelFields } from './kernel/threads.ts';
import type { GivenTree } from './open-trees.ts';
import { parentOf } from './restore/host-files/walk-mount.ts';
import type { HostFiles, NeededFiles, Sight } from './restore/image-facts.ts';

/** Reads the lists of the image, and looks for each file whose mount was given a directory. */
export function hostFiles(kernel: SavedKernel, given: readonly GivenTree[]): HostFiles {
  let complete = true;
  const saved = readGoferFiles(kernel, () => {
    complete = false;
  });
  const containers = containersByPath(saved);
  const used = new Set<GivenTree>();
  const mounts = saved.map((mount): NeededFiles => {
    const own = given.filter((tree) => isFor(tree, mount, containers));
    for (const tree of own) used.add(tree);
    const last = own.at(-1);
    if (last === undefined) return { ...mount, found: null };
    return { ...mount, found: last.tree === null ? 'unreadable' : lookFor(mount.files, last.tree) };
  });
  const lost = attempt(
    () => lostDescriptors(kernel.graph, kernelFields(kernel.graph)),
    () => {
      complete = false;
    },
  );
  return {
    complete,
    mounts,
    ...(lost === null ? {} : { lost }),
    unused: given.filter((tree) => !used.has(tree)).map(({ source }) => source),
  };
}

/** A directory that is for no container in particular is for the only mount at that path. */
function isFor({ container, path }: GivenTree, { id }: GoferFiles, containers: ReturnType<typeof containersByPath>): boolean {
  if (id === null || id.path !== path) return false;
  if (container !== null && id.container !== null) return container === id.container;
  return containers.get(path)?.size === 1;
}

function containersByPath(mounts: readonly GoferFiles[]): ReadonlyMap<string, ReadonlySet<string | null>> {
  const containers = new Map<string, Set<string | null>>();
  for (const { id } of mounts) {
    if (id !== null) containers.set(id.path, (containers.get(id.path) ?? new Set()).add(id.container));
  }
  return containers;
}

function lookFor(files: readonly GoferFile[], tree: HostTree): NeededFiles['found'] {
  const filled = new Set(files.filter(({ deleted, remade }) => deleted || remade).map(({ path }) => parentOf(path)));
  const sights = new Map<string, Sight>();
  for (const { path, reopen, deleted } of files) {
    // Beside a removed file there may be a new one of the same name.
    if (deleted && sights.has(path)) continue;
    const { kind, error } = tree.look(path);
    // Links, pipes and devices are not tried: the rules say what becomes of them.
    const tried = !deleted && (kind === 'regular' || kind === 'directory');
    const refused =
      (tried && reopen?.read === true ? tree.refuses(path, 'read') : null) ??
      (tried && reopen?.write === true ? tree.refuses(path, 'write') : null);
    sights.set(path, {
      kind,
      error,
      refused,
      unfillable: filled.has(path) && kind === 'directory' ? tree.refuses(path, 'fill') : null,
    });
  }
  return { directory: tree.directory, sights };
}
