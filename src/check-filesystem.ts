/** Use case `check` of a filesystem checkpoint: will a new container take its files. */
import type { ImageContainer } from './container/image-container.ts';
import type { CkptError } from './errors.ts';
import type { FilesystemPart } from './filesystem/filesystem-checkpoint.ts';
import { readFilesystemCheckpoint } from './filesystem/read-filesystem-checkpoint.ts';
import type { Host } from './host/host.ts';
import { noManifest } from './inspect-filesystem.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { EvaluateInput } from './restore/evaluate.ts';
import { evaluateFilesystem } from './restore/evaluate-filesystem.ts';
import type { CheckResult } from './restore/result.ts';

/** Parts whose damage means that the image could not be read to its end. */
const UNREADABLE: ReadonlySet<FilesystemPart> = new Set<FilesystemPart>(['manifest', 'memory', 'trees']);

/** A filesystem checkpoint against hosts. */
export interface CheckedFilesystem {
  /** One for each host, in their order. */
  readonly results: readonly CheckResult[];
  /** The first damage that keeps the image from being read to its end, or null. */
  readonly damage: CkptError | null;
}

/**
 * Predicts `runsc create -fs-restore-image-path` for every host. Damage is a failing gate, and `damage` besides.
 *
 * @param container of kind `fscheckpoint`; when it is a pipe, opened with `FILESYSTEM_FILES` to hold.
 * @throws CkptError `no-image` when it has no manifest, and those of the container.
 */
export async function checkFilesystem(
  container: ImageContainer,
  hosts: readonly Host[],
  input: EvaluateInput,
  limits: Limits = DEFAULT_LIMITS,
): Promise<CheckedFilesystem> {
  const checkpoint = await readFilesystemCheckpoint(container, '', limits);
  if (checkpoint === null) throw noManifest(container.path);
  const damage = checkpoint.problems.find(({ part, harmless }) => !harmless && UNREADABLE.has(part))?.error ?? null;
  return { results: hosts.map((host) => evaluateFilesystem(checkpoint, host, input)), damage };
}
