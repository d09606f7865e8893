/** Address spaces for people: the lines of /proc/PID/maps, with what of each mapping is there. */
import type { ImageAddressSpace, ImageMemoryArea } from '../inspection/maps.ts';
import { escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';

/** The column of names in /proc/PID/maps. @see gVisor pkg/sentry/mm/procfs.go: MapsCallbackFuncForBuffer */
const NAME_COLUMN = 73;

/** gVisor emulates the page of the old vsyscalls for every process, without a mapping of it. */
const VSYSCALL = procLine('ffffffffff600000', 'ffffffffff601000', 'r-xp', '0', '00:00', '0', '[vsyscall]');

/**
 * The lines that gVisor's /proc/PID/maps has for an address space, byte for byte, names as they are. `?` stands for what the image does not
 * hold.
 */
export function procMapsLines({ areas }: Pick<ImageAddressSpace, 'areas'>): string[] {
  return [...areas.map(areaLine), VSYSCALL];
}

function areaLine({ start, end, permissions, offset, device, inode, name }: ImageMemoryArea): string {
  return procLine(digits(start), digits(end), permissions, digits(offset), device ?? '??:??', inode ?? '?', name ?? '?');
}

function procLine(
  start: string,
  end: string,
  permissions: string,
  offset: string,
  device: string,
  inode: string,
  name: string,
): string {
  const place = `${start.padStart(8, '0')}-${end.padStart(8, '0')} ${permissions} ${offset.padStart(8, '0')} ${device} ${inode} `;
  return name === '' ? place : place.padEnd(NAME_COLUMN) + name;
}

function digits(hex: string): string {
  return hex.slice(2);
}

/** Every address space with its mappings. Escapes what it shows. */
export function mapsLines(spaces: readonly ImageAddressSpace[], options: TextOptions): string[] {
  if (spaces.length === 0) return ['  none'];
  const some = firstOf(spaces);
  const lines = some.shown.flatMap((space, index) => [...(index === 0 ? [] : ['']), ...spaceLines(space, options)]);
  return withRest(lines, some, 2);
}

function spaceLines(space: ImageAddressSpace, options: TextOptions): string[] {
  const style = styleFor(options);
  const areas = firstOf(space.areas);
  const resident = space.areas.reduce((sum, area) => sum + area.resident, 0);
  const saved = space.areas.reduce((sum, area) => sum + (area.saved ?? 0), 0);
  const known = space.areas.every((area) => area.saved !== null);
  const title = [
    `PID ${space.pid} ${escapeText(space.name)}${space.container === null ? '' : ` in ${escapeText(space.container)}`}`,
    countOf(space.areas.length, 'mapping'),
    `${byteSize(resident, 'short')} resident`,
    known ? `${byteSize(saved, 'short')} saved` : null,
  ];
  const rows = [...areas.shown.map(areaRow), { sizes: ['', '', ''], line: VSYSCALL }];
  const head = ['KIB', 'RESIDENT', 'SAVED'];
  const widths = head.map((cell, column) =>
    rows.reduce((width, { sizes }) => Math.max(width, sizes[column]?.length ?? 0), cell.length),
  );
  const cells = (sizes: readonly string[]): string => sizes.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ');
  const lines = (areas.more === null ? rows : rows.slice(0, -1)).map(({ sizes, line }) => `  ${cells(sizes)}  ${line}`.trimEnd());
  return [
    `  ${style.strong(title.filter((part) => part !== null).join(', '))}`,
    `  ${style.faint(`${cells(head)}  MAPPING`)}`,
    ...withRest(lines, areas, 2),
  ];
}

function areaRow(area: ImageMemoryArea): { sizes: string[]; line: string } {
  const sizes = [area.bytes, area.resident, area.saved].map((bytes) => (bytes === null ? '?' : String(bytes / 1024)));
  return { sizes, line: areaLine({ ...area, name: area.name === null ? null : escapeText(area.name) }) };
}
