/** The files of a directory, in memory. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Contents by path relative to the directory, sorted; those of directories below it too. */
export function directoryFiles(directory: string, prefix = ''): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) Object.assign(files, directoryFiles(path, `${prefix}${name}/`));
    else files[`${prefix}${name}`] = new Uint8Array(readFileSync(path));
  }
  return files;
}
