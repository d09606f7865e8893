/** What differs between two images, for people. */
import type { DiffDocument, DiffSide } from '../diff.ts';
import type { Compared, Difference, SideValue } from '../difference/difference.ts';
import { escapeText } from './escape.ts';
import { shellWords } from './processes-text.ts';
import { byteSize, countOf, timeText } from './quantities.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { hanging } from './wrap.ts';

export interface DiffTextOptions extends TextOptions {
  /** Every difference, also of long lists. */
  readonly all: boolean;
}

const TITLES = {
  image: 'Image',
  metadata: 'Header metadata',
  cpu: 'CPU',
  containers: 'Containers',
  processes: 'Processes',
  files: 'Open files',
  mounts: 'Mounts',
  sockets: 'Sockets',
  network: 'Network',
  memory: 'Memory',
  objects: 'Kernel objects',
} as const satisfies Record<Compared, string>;

/** Rows of one section that text shows without `all`. */
const ROWS = 40;

/** Both sides, then the differences of each section as a table. Escapes what it shows. Ends with one newline. */
export function renderDiffText(document: DiffDocument, options: DiffTextOptions): string {
  const { a, b, differences, same } = document;
  const style = styleFor(options);
  const sides = pairs(
    [
      ['A', sideText(a)],
      ['B', sideText(b)],
    ],
    { indent: 0, width: options.width, paint: style.strong },
  );
  const sections = (Object.keys(TITLES) as Compared[]).map((section) =>
    sectionLines(
      section,
      differences.filter((one) => one.section === section),
      style,
      options,
    ),
  );
  const verdict =
    differences.length > 0
      ? []
      : [same ? style.good('No difference in what matters.') : style.open('No difference in what could be read.')];
  return `${[sides, unreadLines(document, options), ...sections, verdict, notComparedLines(document, options)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function sideText({ image }: DiffSide): string {
  const saved = image.createdAt === null ? '' : `, saved ${timeText(image.createdAt)}`;
  return escapeText(
    `${image.path} (${image.runscVersion ?? image.datedByTypes?.first ?? 'unknown runsc'}, ${image.arch}${saved})`,
  );
}

function unreadLines({ a, b }: DiffDocument, options: TextOptions): string[] {
  const style = styleFor(options);
  return [a, b].flatMap((side, index) => {
    const name = index === 0 ? 'A' : 'B';
    const notes = [
      ...(side.damage === null ? [] : [`is damaged: ${side.damage.message}`]),
      ...side.incomplete.slice(0, 5).map(({ section, message }) => `could not be read whole (${section}): ${message}`),
    ];
    return notes.flatMap((note) => hanging('', style.bad(escapeText(`${name} ${note}`)), options.width));
  });
}

/** Sections that one image cannot give, each told once. */
function notComparedLines({ a, b }: DiffDocument, options: TextOptions): string[] {
  const notes = new Map<string, string[]>();
  for (const [index, { unavailable }] of [a, b].entries()) {
    for (const { section, reason } of unavailable) {
      if (section === 'maps') continue;
      const note = `${section}: ${reason}`;
      notes.set(note, [...(notes.get(note) ?? []), index === 0 ? 'A' : 'B']);
    }
  }
  if (notes.size === 0) return [];
  const lines = [...notes].flatMap(([note, sides]) =>
    hanging('  ', escapeText(`${sides.join(' and ')}, ${note}`), options.width),
  );
  return [styleFor(options).open('Not compared'), ...lines];
}

function sectionLines(section: Compared, differences: readonly Difference[], style: Style, options: DiffTextOptions): string[] {
  if (differences.length === 0) return [];
  const shown = options.all ? differences : differences.slice(0, ROWS);
  const rows = shown.map((one) => [SIGNS[one.change], escapeText(whatText(one)), valuesText(one)] as const);
  const rest = differences.length - shown.length;
  const paint = (sign: string): string => PAINT[sign]?.(style, sign) ?? sign;
  // Beside long names there is no room for values.
  const below = rows.some(([, what]) => what.length > options.width * LONG_NAME);
  return [
    style.strong(`${TITLES[section]} (${countOf(differences.length, 'difference')})`),
    ...(below
      ? rows.flatMap(([sign, what, values]) => [
          `  ${paint(sign)}  ${what}`,
          ...(values === '' ? [] : hanging('       ', values, options.width)),
        ])
      : table(rows, {
          indent: 2,
          width: options.width,
          paint: (cell, column) => (column === 0 ? paint(cell) : cell),
        })),
    ...(rest === 0 ? [] : [`  … and ${rest} more (--all shows them)`]),
  ];
}

/** Share of the width beyond which a name gets a line of its own. */
const LONG_NAME = 0.45;

const SIGNS = { removed: '-', added: '+', changed: '~' } as const satisfies Record<Difference['change'], string>;
const PAINT: Readonly<Record<string, (style: Style, cell: string) => string>> = {
  '-': (style, cell) => style.bad(cell),
  '+': (style, cell) => style.good(cell),
  '~': (style, cell) => style.open(cell),
};

function whatText({ subject, field }: Difference): string {
  return field === null || field === 'value' ? subject : `${subject}: ${field}`;
}

function valuesText(one: Difference): string {
  const { change, a, b } = one;
  if (change !== 'changed') {
    const value = change === 'removed' ? a : b;
    return value === null ? '' : sideValue(value, one);
  }
  if (Array.isArray(a) && Array.isArray(b) && !isCommand(one)) return listChange(a, b);
  return `${sideValue(a, one)} → ${sideValue(b, one)}`;
}

/** Arguments of a process are read as a whole; a process that only one image has is told by them. */
function isCommand({ section, field }: Difference): boolean {
  return /(^arguments|\.args)$/.test(field ?? '') || (section === 'processes' && field === null);
}

/** What a list lost and gained; the whole of both where only the order differs. */
function listChange(a: readonly (string | number)[], b: readonly (string | number)[]): string {
  const lost = a.filter((item) => !b.includes(item)).map((item) => `-${item}`);
  const gained = b.filter((item) => !a.includes(item)).map((item) => `+${item}`);
  const changed = [...lost, ...gained];
  return escapeText(changed.length > 0 ? changed.join(' ') : `${a.join(' ')} → ${b.join(' ')}`);
}

function sideValue(value: SideValue, one: Difference): string {
  if (value === null) return '(none)';
  if (one.section === 'memory' && typeof value === 'number') return byteSize(value);
  if (Array.isArray(value) && isCommand(one)) return shellWords(value.map(String));
  return escapeText(Array.isArray(value) ? value.join(' ') : String(value));
}
