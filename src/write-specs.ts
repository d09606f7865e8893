/** OCI specs as files of a directory. */

import { UsageError } from './errors.ts';
import type { ExtractedSpec } from './extract-specs.ts';
import { containerDirectories } from './extraction/container-directories.ts';
import { shownPath } from './io/http-address.ts';
import { openTargetTree } from './io/target-tree.ts';
import { TOOL } from './tool.ts';

/** What was written: the document `ckpt/specs@1`. */
export interface SpecsDocument {
  readonly schema: 'ckpt/specs@1';
  readonly tool: { readonly name: string; readonly version: string };
  readonly image: { readonly path: string };
  /** The file or directory that was written. */
  readonly output: string | null;
  readonly specs: readonly {
    readonly container: string;
    /** Below the directory; null when all are in one file. */
    readonly path: string | null;
    readonly bytes: number;
    /** Values of environment variables are not in it. */
    readonly hidden: boolean;
  }[];
}

type Place =
  | { readonly file: string | null }
  | { readonly directory: string; readonly force: boolean; readonly showEnv: boolean };

/**
 * Writes a config.json for each container below a directory, in a directory of its own when there are several; or only says what is in a
 * file that was written.
 *
 * @throws UsageError when one is there already, CkptError `io-error`, `permission-denied`.
 */
export function writeSpecs(image: string, specs: readonly ExtractedSpec[], place: Place): SpecsDocument {
  const names = containerDirectories(specs.map(({ container }) => container));
  const entries = specs.map(({ container, text, hidden }) => {
    const bytes = new TextEncoder().encode(`${text}\n`);
    const directory = names.get(container) ?? '';
    const path = directory === '' ? 'config.json' : `${directory}/config.json`;
    return { container, path, bytes, hidden };
  });
  if ('directory' in place) {
    const tree = openTargetTree(place.directory, { force: place.force });
    try {
      const taken = place.force ? undefined : entries.find(({ path }) => tree.look(path) !== 'nothing');
      if (taken !== undefined) throw new UsageError(`${place.directory} has ${taken.path} already; --force replaces it`);
      for (const { path, bytes } of entries) {
        const file = tree.file(path);
        try {
          file.write(0, bytes);
        } catch (error) {
          file.abandon();
          throw error;
        }
        file.finish(bytes.length, { mode: place.showEnv ? 0o600 : 0o644, owner: null, accessed: null, modified: null });
      }
    } finally {
      tree.close();
    }
  }
  return {
    schema: 'ckpt/specs@1',
    tool: TOOL,
    image: { path: shownPath(image) },
    output: 'directory' in place ? place.directory : place.file,
    specs: entries.map(({ container, path, bytes, hidden }) => ({
      container,
      path: 'directory' in place ? path : null,
      bytes: bytes.length,
      hidden,
    })),
  };
}
