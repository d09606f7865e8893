/** Entries as files of a directory. */
import type { SavedFile } from '../filesystem/saved-file.ts';
import type { Attributes, TargetTree } from '../io/target-tree.ts';
import type { FileContent } from './content.ts';
import type { Entry } from './entries.ts';

/** What of a file's attributes is given to it outside. */
export interface DirectoryOptions {
  /** Owners by number, which only root may set. */
  readonly owners: boolean;
  /** Set-user-id and set-group-id too: with those a program of the image gets its owner's rights here. */
  readonly preserve: boolean;
  /** Make device nodes, which only root may. */
  readonly devices: boolean;
}

/** Writes entries. */
export interface DirectoryWriter {
  /**
   * Writes an entry with its content, whole or not at all.
   *
   * @returns why it cannot be there, or null when it is.
   * @throws CkptError when the content cannot be read or the file cannot be written.
   */
  add(entry: Entry, content: FileContent): Promise<'socket' | 'device' | 'link-target' | null>;
  /** Sets the attributes of directories, the innermost first, now that everything is in them. Failures are told to `onFailure`. */
  finish(onFailure: (path: string, error: unknown) => void): void;
}

/** Begins to write. Directories that are there already keep their attributes. */
export function directoryWriter(tree: TargetTree, options: DirectoryOptions): DirectoryWriter {
  const made: { readonly path: string; readonly attributes: Attributes }[] = [];
  const written = new Set<string>();
  return {
    async add({ path, file, linkTo }, content) {
      const attributes = attributesOf(file, options);
      if (linkTo !== null) {
        if (!written.has(linkTo)) return 'link-target';
        tree.link(path, linkTo);
        written.add(path);
        return null;
      }
      switch (file.type) {
        case 'socket':
          return 'socket';
        case 'directory':
          if (tree.directory(path)) made.push({ path, attributes });
          return null;
        case 'symlink':
          tree.special(path, { type: 'symlink', target: file.target ?? '' }, attributes);
          break;
        case 'fifo':
          tree.special(path, { type: 'fifo' }, attributes);
          break;
        case 'character-device':
        case 'block-device':
          if (!options.devices || file.device === null) return 'device';
          tree.special(path, { type: file.type, ...file.device }, attributes);
          break;
        case 'file':
          await writeFile(tree, path, file.size, attributes, content);
      }
      written.add(path);
      return null;
    },
    finish(onFailure) {
      for (const { path, attributes } of made.reverse()) {
        try {
          tree.finishDirectory(path, attributes);
        } catch (error) {
          onFailure(path, error);
        }
      }
    },
  };
}

async function writeFile(
  tree: TargetTree,
  path: string,
  size: number,
  attributes: Attributes,
  content: FileContent,
): Promise<void> {
  const target = tree.file(path);
  try {
    for await (const { offset, bytes } of content.pieces()) target.write(offset, bytes);
  } catch (error) {
    target.abandon();
    throw error;
  }
  target.finish(size, attributes);
}

function attributesOf({ mode, uid, gid, accessed, modified }: SavedFile, options: DirectoryOptions): Attributes {
  // The sticky bit gives nobody rights.
  return {
    mode: options.preserve ? mode & 0o7777 : mode & 0o1777,
    owner: options.owners ? { uid, gid } : null,
    accessed,
    modified,
  };
}
