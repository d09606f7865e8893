/** Whether pages.img holds what the memory files of a filesystem checkpoint need. */
import { CkptError } from '../errors.ts';
import type { MemoryFile } from '../pages/step-over-memory.ts';
import type { Complain } from './filesystem-checkpoint.ts';
import type { FilesystemManifest } from './manifest.ts';

/**
 * Compares the size of pages.img with where its last range ends, and every start with the end of the memory file before it.
 *
 * @param files in the order of the manifest, null for those that could not be read.
 * @param present bytes of pages.img; null when it is missing.
 * @returns bytes that pages.img must hold.
 */
export function pagesProblems(
  manifest: FilesystemManifest | null,
  files: readonly (MemoryFile | null)[],
  present: number | null,
  complain: Complain,
): number {
  let required = 0;
  let expected: number | null = 0;
  for (const [index, entry] of (manifest?.memoryFiles ?? []).entries()) {
    const file = files[index] ?? null;
    const start = Number(entry.pagesStart);
    if (expected !== null && start !== expected) {
      const facts = { expected: `the pages of a memory file at ${expected}`, found: `at ${entry.pagesStart}` };
      complain('pages', new CkptError('inconsistent', { layer: 'filesystem', offset: expected }, facts), true);
    }
    expected = file === null ? null : start + file.committedBytes;
    if (expected !== null && file !== null && file.committedBytes > 0) required = Math.max(required, expected);
  }
  if (present !== null && present !== required) {
    const facts = { expected: `${required} bytes of pages`, found: `a file of ${present}`, hint: 'Copy the image again' };
    const code = present < required ? 'truncated' : 'trailing-bytes';
    const known = manifest !== null && files.length === manifest.memoryFiles.length && files.every((file) => file !== null);
    if (present < required || known)
      complain(
        'pages',
        new CkptError(code, { layer: 'filesystem', offset: Math.min(present, required) }, facts),
        present > required,
      );
  }
  return required;
}
