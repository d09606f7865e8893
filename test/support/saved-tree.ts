/** Saved files made by hand, and pages that hold their content. */
import type { SavedExtent, SavedFile, SavedFileSystem } from '../../src/filesystem/saved-file.ts';
import type { PageReader } from '../../src/pages/page-reader.ts';

/** A file with everything that a test does not name as in an empty one of root. */
export function savedFile(path: string, more: Partial<SavedFile> = {}): SavedFile {
  return {
    path,
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    modified: 1_700_000_000_123_456_789n,
    accessed: null,
    changed: null,
    size: 0,
    target: null,
    device: null,
    xattrs: [],
    linkTo: null,
    extents: [],
    ...more,
  };
}

export function savedDirectory(path: string, more: Partial<SavedFile> = {}): SavedFile {
  return savedFile(path, { type: 'directory', mode: 0o755, ...more });
}

export function savedSystem(files: readonly SavedFile[], more: Partial<SavedFileSystem> = {}): SavedFileSystem {
  return { container: 'web', mountPoint: '/', kind: 'overlay-upper', files, ...more };
}

/** An extent of the main memory file. */
export function extent(offset: number, memoryOffset: number, length: number): SavedExtent {
  return { offset, length, owner: '', memoryOffset };
}

/** A main memory file of these bytes, all of them saved; reading behind `readable` fails. */
export function pagesOf(memory: Uint8Array, readable = memory.length): PageReader {
  const fail = () => Object.assign(new Error('not readable'), { code: 'truncated' });
  return {
    has: (owner) => owner === '',
    saved: ({ offset, length }) => (length === 0 ? [] : [{ offset, length, position: offset }]),
    async read({ offset, length }) {
      if (offset + length > readable) throw fail();
      return memory.slice(offset, offset + length);
    },
    async check(parts) {
      for (const { offset, length } of parts) if (offset + length > readable) throw fail();
    },
    async close() {},
  };
}
