/** Names of members of archives. */

/** A path without `.` and empty parts, and without a slash in front: `./a//b` is `a/b`. `..` stays as it is. */
export function normalizedPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** The names of archives inside one another and of a member in the innermost, as one path. */
export function joinedNames(names: readonly string[]): string {
  return names
    .map(normalizedPath)
    .filter((name) => name !== '')
    .join('/');
}

/** The part of a path behind its last slash, and the part before it. */
export function splitPath(path: string): { readonly folder: string; readonly base: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, slash)), base: path.slice(slash + 1) };
}
