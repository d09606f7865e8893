/** A filesystem checkpoint, or the file systems of a split one, for people. */
import type {
  FileSystemDocument,
  FilesystemDamage,
  FilesystemInspection,
  FilesystemManifestDocument,
  FilesystemSection,
  TreeEntry,
} from '../inspection/filesystem.ts';
import { escapeAll, escapeText } from './escape.ts';
import { firstOf, type ShownList, withRest } from './long-list.ts';
import { modeText } from './mode-text.ts';
import { byteSize, countOf, timeText } from './quantities.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { hanging } from './wrap.ts';

export interface FilesystemTextOptions extends TextOptions {
  /** Every name of a tree, not only the first. */
  readonly all: boolean;
}

/** Names of one tree that are shown unasked. */
const NAMES_SHOWN = 40;

const HEAD = ['MODE', 'OWNER', 'SIZE', 'MODIFIED', 'NAME'];

const ENCODING_WORDS = {
  json: 'fscheckpoint.json',
  protobuf: 'fscheckpoint.pb',
} as const satisfies Record<FilesystemManifestDocument['encoding'], string>;

const KIND_WORDS = {
  'overlay-upper': 'writable layer',
  tmpfs: 'a tmpfs',
  rootfs: 'a root file system',
} as const satisfies Record<FileSystemDocument['kind'], string>;

const PART_WORDS = {
  files: 'Files',
  manifest: 'Manifest',
  bounds: 'Ranges of the manifest',
  memory: 'Memory metadata',
  trees: 'File trees',
  pages: 'Pages',
} as const satisfies Record<FilesystemDamage['part'], string>;

/** The manifest, and the tree of every file system as `ls -l` shows it. Ends with one newline. */
export function renderFilesystemText(document: FilesystemInspection, options: FilesystemTextOptions): string {
  const style = styleFor(options);
  const { image, damage, fileSystems, memoryFiles } = document;
  const lines = [
    ...damageLines(damage, options),
    style.strong('Filesystem checkpoint'),
    ...pairs([['Path', escapeText(image.path)], ...manifestRows(image)], { indent: 2, width: options.width, paint: style.faint }),
    ...hanging(
      '  ',
      'It holds files only: `runsc create -fs-restore-image-path` takes it, `runsc restore` does not.',
      options.width,
    ),
    '',
    ...treeLines({ fileSystems, memoryFiles }, options),
  ];
  return `${lines.join('\n')}\n`;
}

/** Section `filesystem` of a split checkpoint. */
export function filesystemLines(section: FilesystemSection, options: FilesystemTextOptions): string[] {
  const { faint } = styleFor(options);
  return [
    ...damageLines(section.damage, options),
    ...pairs(manifestRows(section), { indent: 2, width: options.width, paint: faint }),
    ...treeLines(section, options),
  ];
}

function manifestRows(image: FilesystemManifestDocument): [string, string | null][] {
  const { bytes, encoding, version, pageSize, endian, runscVersion } = image;
  const size = (name: string, value: number | null): string => `${name} ${value === null ? 'missing' : byteSize(value, 'short')}`;
  return [
    ['Saved by', runscVersion === null ? null : `runsc ${escapeText(runscVersion === '' ? 'without a version' : runscVersion)}`],
    [
      'Manifest',
      `${ENCODING_WORDS[encoding]}${version === null ? '' : `, version ${version}`}, ${byteSize(bytes.manifest, 'short')}`,
    ],
    ['Pages', pageSize === null ? null : `of ${pageSize} bytes${endian === null ? '' : `, ${escapeText(endian)}-endian`}`],
    [
      'Files',
      [size('multitar.img', bytes.multiTar), size('pages_meta.img', bytes.pagesMeta), size('pages.img', bytes.pages)].join(', '),
    ],
  ];
}

function treeLines(
  { fileSystems, memoryFiles }: Pick<FilesystemSection, 'fileSystems' | 'memoryFiles'>,
  options: FilesystemTextOptions,
): string[] {
  const style = styleFor(options);
  const lines: string[] = [];
  const some = firstOf(fileSystems);
  for (const fileSystem of some.shown) {
    const { container, path, kind, names, files, bytes, deleted, tree } = fileSystem;
    if (lines.length > 0) lines.push('');
    const owner = `${container ?? ''}:${path ?? ''}`;
    const memory = memoryFiles.find((file) => file.owner === owner);
    const counts = [
      countOf(names, 'name'),
      `${byteSize(bytes, 'short')} in ${countOf(files, 'file')}`,
      ...(deleted === 0 ? [] : [`${deleted} deleted`]),
      memory === undefined ? 'pages not known' : `${byteSize(memory.committedBytes, 'short')} of pages`,
    ];
    lines.push(...hanging('  ', `${style.strong(escapeText(owner))}  ${KIND_WORDS[kind]}: ${counts.join(', ')}`, options.width));
    const shown = namesOf(tree, options.all);
    const rows = escapeAll(shown.shown).map((entry) => row(entry, style));
    lines.push(
      ...withRest(
        table(rows, { head: { cells: HEAD, paint: style.faint }, indent: 4, width: options.width, numbers: [2] }),
        shown,
        4,
      ),
    );
  }
  return lines.length === 0 ? ['  no file systems'] : withRest(lines, some, 2);
}

function namesOf(tree: readonly TreeEntry[], all: boolean): ShownList<TreeEntry> {
  if (all || tree.length <= NAMES_SHOWN) return firstOf(tree);
  return { shown: tree.slice(0, NAMES_SHOWN), more: `… and ${tree.length - NAMES_SHOWN} more (--all shows them)` };
}

function row(entry: TreeEntry, style: Style): string[] {
  const { type, device, size } = entry;
  const isDevice = type === 'character-device' || type === 'block-device';
  return [
    entry.deleted ? 'deleted' : modeText(type, entry.mode),
    entry.deleted ? '-' : `${entry.uid}:${entry.gid}`,
    isDevice && !entry.deleted && device !== null ? `${device.major}, ${device.minor}` : type === 'file' ? String(size) : '-',
    entry.modified === null ? '-' : timeText(entry.modified).replace(/ UTC$/, ''),
    nameText(entry, style),
  ];
}

function nameText({ path, target, linkTo, opaque, xattrs, stored, size, type }: TreeEntry, style: Style): string {
  const name = path === '' ? '.' : path;
  const others = xattrs.filter((xattr) => !(opaque && xattr.name.endsWith('.overlay.opaque'))).map((xattr) => xattr.name);
  const remarks = [
    ...(linkTo === null ? [] : [`the same file as ${linkTo}`]),
    ...(opaque ? ['opaque: hides the directory below'] : []),
    ...(type === 'file' && stored < size ? [`${size - stored} bytes are holes`] : []),
    ...(others.length === 0 ? [] : [`attributes ${others.join(', ')}`]),
  ];
  const shown = target === null ? name : `${name} -> ${target}`;
  return remarks.length === 0 ? shown : `${shown}  ${style.faint(`(${remarks.join('; ')})`)}`;
}

function damageLines(damage: readonly FilesystemDamage[], options: TextOptions): string[] {
  if (damage.length === 0) return [];
  const style = styleFor(options);
  const serious = damage.some(({ harmless }) => !harmless);
  const some = firstOf(damage);
  const rows = escapeAll(some.shown).map(({ part, message, harmless, code }) => [
    PART_WORDS[part],
    `${message} [${code}]${harmless ? ' (runsc does not mind)' : ''}`,
  ]);
  const title = serious ? style.bad('Damaged') : style.open('Not as runsc writes it');
  return [title, ...withRest(table(rows, { indent: 2, width: options.width }), some, 2), ''];
}
