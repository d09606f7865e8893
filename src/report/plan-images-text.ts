/** What existing images cover, in the text of a plan. */
import type { MatrixRow, PlanDocument, PlanImage, PlanImages } from '../fleet/plan-document.ts';
import { columnsOf } from './columns.ts';
import { byCertainty, problemTitle, strandedImageCounts } from './plan-coverage-text.ts';
import { type PlanNames, type PlanTextOptions, SHOWN } from './plan-hosts-text.ts';
import { className, hostCount, someOf } from './plan-names.ts';
import { countOf } from './quantities.ts';
import { styleFor } from './style.ts';
import { table } from './table.ts';
import { hanging } from './wrap.ts';

/** One sign for each answer. */
const SIGNS = { restorable: '✓', blocked: '✗', unknown: '?' } as const;

/** What is stranded and why, the least that is enough, and every answer. */
export function imageLines(document: PlanDocument, images: PlanImages, names: PlanNames, options: PlanTextOptions): string[] {
  return [
    ...strandedImageLines(images, names, options),
    ...strandedHostLines(images, names, options),
    ...enoughLines(document, images, names, options),
    '',
    ...matrixLines(document, images, names, options),
  ];
}

function firstName({ id, paths }: PlanImage, { shortImage }: PlanNames): string {
  return `${id} ${shortImage(paths[0] ?? '')}`;
}

function imageName({ id, paths }: PlanImage, { shortImage }: PlanNames): string {
  const [first = ''] = paths;
  return `${id} ${shortImage(first)}${paths.length === 1 ? '' : ` and ${paths.length - 1} alike`}`;
}

function strandedImageLines(images: PlanImages, names: PlanNames, options: PlanTextOptions): string[] {
  const { strandedImages, groups, matrix } = images;
  if (strandedImages.length === 0) return [];
  const style = styleFor(options);
  // Images that are stranded for the same reason are one row.
  const reasons = new Map<string, { readonly first: string; readonly undecided: boolean; readonly why: string; count: number }>();
  for (const { image, undecided } of strandedImages) {
    const group = groups.find(({ id }) => id === image);
    const row = matrix?.find((one) => one.image === image);
    const why = row === undefined ? '' : nearest(row, names);
    const count = group?.paths.length ?? 1;
    const key = options.all ? image : `${undecided} ${why}`;
    const known = reasons.get(key);
    if (known !== undefined) known.count += count;
    else reasons.set(key, { first: group === undefined ? image : firstName(group, names), undecided, why, count });
  }
  const all = [...reasons.values()].sort((a, b) => Number(a.undecided) - Number(b.undecided));
  const shown = options.all ? all : all.slice(0, SHOWN.problems);
  const rows = shown.map(({ first, undecided, why, count: alike }) => [
    alike === 1 ? first : `${first} and ${alike - 1} more`,
    undecided ? 'undecided' : 'blocked',
    why,
  ]);
  const paint = (cell: string, column: number): string =>
    column !== 1 ? cell : cell === 'blocked' ? style.bad(cell) : style.open(cell);
  const more = shown.length < all.length ? [`  … ${all.length - shown.length} more (--all shows them)`] : [];
  return [
    '',
    style.strong(problemTitle('Images without a host', strandedImageCounts(images))),
    ...table(rows, { indent: 2, width: options.width, paint }),
    ...more,
  ];
}

/** The class that comes closest, and what is in the way. */
function nearest(row: MatrixRow, names: PlanNames): string {
  const [open] = [...row.unknown].sort((a, b) => a.features.length + a.gates.length - b.features.length - b.gates.length);
  if (open !== undefined) {
    const what = open.features.length > 0 ? `whether there is ${someOf(open.features, SHOWN.names)}` : open.gates.join(', ');
    return `on ${classNamed(open.classes, names)} it is not known: ${what}`;
  }
  const [least] = [...row.blocked].sort((a, b) => a.missing.length - b.missing.length);
  if (least === undefined) return '';
  const several = least.classes.length > 1;
  const where = `nearest ${several ? 'are' : 'is'} ${classNamed(least.classes, names)}`;
  if (least.missing.length === 0) return `${where}: ${least.firstFailure ?? ''}`;
  return `${where}, which ${several ? 'lack' : 'lacks'} ${countOf(least.missing.length, 'feature')}: ${someOf(least.missing, SHOWN.names)}`;
}

function classNamed(ids: readonly string[], { classes, shortHost }: PlanNames): string {
  const [first = ''] = ids;
  const one = classes.get(first);
  return ids.length > 1 || one === undefined ? someOf(ids, SHOWN.names) : `${first} ${className(one, shortHost)}`;
}

function strandedHostLines(images: PlanImages, names: PlanNames, options: PlanTextOptions): string[] {
  const { strandedHosts } = images;
  if (strandedHosts.length === 0) return [];
  const style = styleFor(options);
  const blockedFirst = [...strandedHosts].sort((a, b) => Number(a.undecided) - Number(b.undecided));
  const shown = options.all ? blockedFirst : blockedFirst.slice(0, SHOWN.problems);
  const rows = shown.map(({ class: id, undecided }) => {
    const one = names.classes.get(id);
    return [
      one === undefined ? id : `${id} ${className(one, names.shortHost)}`,
      undecided ? 'undecided' : 'blocked',
      leastLacking(id, images, names),
    ];
  });
  const paint = (cell: string, column: number): string =>
    column !== 1 ? cell : cell === 'blocked' ? style.bad(cell) : style.open(cell);
  const more =
    shown.length < strandedHosts.length ? [`  … ${strandedHosts.length - shown.length} more classes (--all shows them)`] : [];
  return [
    '',
    style.strong(
      problemTitle(
        'Hosts without an image',
        byCertainty(strandedHosts, ({ class: id }) => names.classes.get(id)?.hosts ?? 0),
      ),
    ),
    ...table(rows, { indent: 2, width: options.width, paint }),
    ...more,
  ];
}

/** The image that lacks least on a class. */
function leastLacking(id: string, { matrix, groups }: PlanImages, names: PlanNames): string {
  const candidates = (matrix ?? []).flatMap((row) => {
    const open = row.unknown.find(({ classes }) => classes.includes(id));
    const closed = row.blocked.find(({ classes }) => classes.includes(id));
    if (open !== undefined)
      return [
        {
          row,
          rank: 0,
          count: open.features.length,
          text: `not known: ${someOf([...open.features, ...open.gates], SHOWN.names)}`,
        },
      ];
    if (closed === undefined) return [];
    const { missing, firstFailure } = closed;
    return [
      {
        row,
        rank: 1,
        count: missing.length,
        text: missing.length === 0 ? (firstFailure ?? '') : `lacks ${someOf(missing, SHOWN.names)}`,
      },
    ];
  });
  const [best] = candidates.sort((a, b) => a.rank - b.rank || a.count - b.count);
  if (best === undefined) return '';
  const group = groups.find((one) => one.id === best.row.image);
  return `${group === undefined ? best.row.image : imageName(group, names)}: ${best.text}`;
}

function enoughLines(
  { counts }: PlanDocument,
  { fewest, redundant, groups }: PlanImages,
  names: PlanNames,
  options: PlanTextOptions,
): string[] {
  if (fewest.atMost === 0) return [];
  const style = styleFor(options);
  const shown = options.all ? fewest.images : fewest.images.slice(0, SHOWN.images);
  const chosen = shown.flatMap((image) => groups.find(({ id }) => id === image) ?? []);
  const least = fewest.optimal ? '' : ` (at least ${fewest.atLeast} are needed)`;
  const needless = redundant.reduce((sum, { image }) => sum + (groups.find(({ id }) => id === image)?.paths.length ?? 0), 0);
  const rest =
    needless === 0 ? '' : `; ${countOf(needless, 'image')} restore${needless === 1 ? 's' : ''} only where another one does`;
  const title = `Enough for the ${hostCount(fewest.hosts)} that ${fewest.hosts === 1 ? 'has' : 'have'} one: ${fewest.atMost} of ${countOf(counts.images, 'image')}${least}${rest}`;
  const rows = chosen.map((one) => [imageName(one, names), hostCount(one.hosts.restorable)]);
  const more = shown.length < fewest.images.length ? [`  … ${fewest.images.length - shown.length} more (--all shows them)`] : [];
  return [
    '',
    ...hanging('', title, options.width).map(style.strong),
    ...table(rows, { indent: 2, width: options.width }),
    ...more,
  ];
}

/** Every answer: one line for each group of images, a column for each class where they fit. */
function matrixLines({ classes }: PlanDocument, images: PlanImages, names: PlanNames, options: PlanTextOptions): string[] {
  const style = styleFor(options);
  const fewestFirst = [...images.groups].sort(
    (a, b) => a.hosts.restorable - b.hosts.restorable || a.hosts.unknown - b.hosts.unknown,
  );
  const shown = options.all ? fewestFirst : fewestFirst.slice(0, SHOWN.images);
  const more = shown.length < fewestFirst.length ? [`  … ${fewestFirst.length - shown.length} more (--all shows them)`] : [];
  const rowOf = new Map(images.matrix?.map((row) => [row.image, row]));
  const widest = shown.reduce((most, group) => Math.max(most, columnsOf(imageName(group, names))), 0);
  // A column is as wide as the number of its class.
  const columns = classes.reduce((sum, { id }) => sum + id.length, 0);
  const fits = images.matrix !== null && widest + columns + 16 <= options.width;
  const title = style.strong('Every image on every class, those that restore least first');
  if (!fits) {
    const rows = shown.map((group) => [imageName(group, names), `${group.hosts.restorable}`, rowText(rowOf.get(group.id))]);
    const head = { cells: ['', 'hosts', 'restores on'], paint: style.faint };
    return [title, ...table(rows, { indent: 2, width: options.width, head, numbers: [1] }), ...more];
  }
  const name = (text: string): string => `  ${text}${' '.repeat(Math.max(0, widest - columnsOf(text)))}`;
  const lines = shown.map((group) => {
    const row = rowOf.get(group.id);
    const signs = classes.map(({ id }) => {
      const sign = signOf(row, id);
      const painted =
        sign === SIGNS.restorable ? style.good(sign) : sign === SIGNS.blocked ? style.faint(sign) : style.open(sign);
      return ' '.repeat(id.length - 1) + painted;
    });
    return `${name(imageName(group, names))} ${signs.join('')}  ${hostCount(group.hosts.restorable)}`;
  });
  const legend = style.faint(`  ${SIGNS.restorable} restorable  ${SIGNS.blocked} blocked  ${SIGNS.unknown} not known`);
  return [
    title,
    style.faint(`${name('class C…')}  ${classes.map(({ id }) => id.slice(1)).join(' ')}`),
    ...lines,
    ...more,
    legend,
  ];
}

function signOf(row: MatrixRow | undefined, id: string): string {
  if (row === undefined) return ' ';
  if (row.restorable.includes(id)) return SIGNS.restorable;
  return row.unknown.some(({ classes }) => classes.includes(id)) ? SIGNS.unknown : SIGNS.blocked;
}

function rowText(row: MatrixRow | undefined): string {
  if (row === undefined) return '';
  const open = row.unknown.flatMap(({ classes }) => classes);
  const some = row.restorable.length === 0 ? 'nothing' : someOf(row.restorable, 10);
  return open.length === 0 ? some : `${some}; not known: ${someOf(open, SHOWN.names)}`;
}
