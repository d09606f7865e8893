/** The mounts of an image, for people. */
import type { MountDocument } from '../inspection/mounts.ts';
import { escapeAll } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

type Behind = NonNullable<MountDocument['behind']>;
type Gofer = Extract<Behind, { type: 'gofer' }>;
type Tmpfs = Extract<Behind, { type: 'tmpfs' }>;
type Overlay = Extract<Behind, { type: 'overlay' }>;
type ResourceId = NonNullable<Gofer['id']>;

const HEAD = ['ID', 'IN', 'TYPE', 'OPTIONS', 'MOUNTED AT', 'WHAT IS THERE'];

/** A table of mounts for each mount namespace. Escapes what it shows. */
export function mountLines(mounts: readonly MountDocument[], options: TextOptions): string[] {
  if (mounts.length === 0) return ['  none'];
  const style = styleFor(options);
  const some = firstOf(mounts);
  const spaces = new Map<string, MountDocument[]>();
  for (const mount of escapeAll(some.shown)) {
    const list = spaces.get(mount.namespace) ?? [];
    list.push(mount);
    spaces.set(mount.namespace, list);
  }
  const lines: string[] = [];
  for (const [index, list] of [...spaces.values()].entries()) {
    const [first] = list;
    if (first === undefined) continue;
    if (index > 0) lines.push('');
    const where = first.container === '' ? '' : `, container ${first.container}`;
    lines.push(`  as PID ${first.pid} sees them${where} (mount namespace ${first.namespace})`);
    lines.push(...table(list.map(row), { head: { cells: HEAD, paint: style.faint }, indent: 4, width: options.width }));
  }
  return withRest(lines, some, 2);
}

function row(mount: MountDocument): string[] {
  return [
    String(mount.id),
    mount.parent === mount.id ? '-' : String(mount.parent),
    mount.type ?? 'unknown',
    // Every mount is one of both; the flags name only read-only ones.
    (mount.flags.includes('ro') ? mount.flags : ['rw', ...mount.flags]).join(','),
    mount.path,
    [...(mount.root === '/' ? [] : [`directory ${mount.root} of it`]), ...behindText(mount.behind), ...mount.propagation].join(
      '; ',
    ) || '-',
  ];
}

function behindText(behind: Behind | null): string[] {
  switch (behind?.type) {
    case undefined:
      return [];
    case 'gofer':
      return goferText(behind);
    case 'tmpfs':
      return tmpfsText(behind);
    case 'overlay':
      return overlayText(behind);
  }
}

function goferText({ id, directfs, reopenRead, reopenWrite, deletedOpen }: Gofer): string[] {
  return [
    id === null ? 'files of the host' : `files of the host for ${idText(id)}`,
    ...(directfs === true ? ['directfs'] : []),
    ...(reopenRead + reopenWrite > 0 ? [`a restore opens ${reopenText(reopenRead, reopenWrite)}`] : []),
    ...(deletedOpen !== null && deletedOpen > 0 ? [`${countOf(deletedOpen, 'deleted file')} still open`] : []),
  ];
}

/** `15 files for reading and 1 for writing`. */
function reopenText(reading: number, writing: number): string {
  if (writing === 0) return `${countOf(reading, 'file')} for reading`;
  return reading === 0
    ? `${countOf(writing, 'file')} for writing`
    : `${countOf(reading, 'file')} for reading and ${writing} for writing`;
}

function tmpfsText({ memoryFile, sizeLimit, contents }: Tmpfs): string[] {
  return [
    `${countOf(contents.files, 'file')} (${byteSize(contents.bytes, 'short')}) in ${countOf(contents.directories, 'directory', 'directories')}`,
    ...(contents.others > 0 ? [countOf(contents.others, 'other entry', 'other entries')] : []),
    ...(sizeLimit === null ? [] : [`at most ${byteSize(sizeLimit, 'short')}`]),
    ...(memoryFile === null ? [] : [`memory file ${idText(memoryFile)}`]),
  ];
}

function overlayText({ upper, lowers }: Overlay): string[] {
  return [
    ...(upper === null ? ['read-only overlay'] : [`written to ${layerText(upper)}`]),
    ...lowers.map((lower) => `over ${layerText(lower)}`),
  ];
}

function layerText({ filesystem, path, details }: Overlay['lowers'][number]): string {
  const parts = [filesystem ?? 'an unknown file system', ...(path === '/' ? [] : [path])];
  const inside = behindText(details);
  return inside.length === 0 ? parts.join(' ') : `${parts.join(' ')} (${inside.join(', ')})`;
}

function idText({ container, path }: ResourceId): string {
  return container === null || container === '' ? path : `${container}:${path}`;
}
