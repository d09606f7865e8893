/** The classes of a plan, the images to take, and who keeps the level down. */
import type { Blocker, Levelling, NewImages, PlanClass, PlanDocument } from '../fleet/plan-document.ts';
import { className, hostCount, someOf } from './plan-names.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { hanging } from './wrap.ts';

export interface PlanTextOptions extends TextOptions {
  /** Long lists to their end. */
  readonly all: boolean;
}

/** What the parts of the text share. */
export interface PlanNames {
  readonly classes: ReadonlyMap<string, PlanClass>;
  readonly shortHost: (name: string) => string;
  readonly shortImage: (path: string) => string;
}

/** Lines of a list that is not shown whole. */
export const SHOWN = { classes: 24, images: 30, problems: 8, blockers: 8, names: 6, hosts: 4 } as const;

/** One row for each class. */
export function classLines({ classes, counts }: PlanDocument, names: PlanNames, options: PlanTextOptions): string[] {
  const style = styleFor(options);
  const shown = options.all ? classes : classes.slice(0, SHOWN.classes);
  const versions = new Set(classes.map(({ runscVersion }) => runscVersion));
  const withRunsc = versions.size > 1 || !versions.has(null);
  const rows = shown.map((one) => [
    one.id,
    String(one.hosts),
    one.cpu ?? `unknown ${one.arch} CPU`,
    String(one.features),
    one.unknownFeatures.length === 0 ? '' : `+${one.unknownFeatures.length}?`,
    ...(withRunsc ? [one.runscVersion ?? '?'] : []),
    restoresOn(one, classes, names),
  ]);
  const cells = ['', 'hosts', 'CPU', 'features', '', ...(withRunsc ? ['runsc'] : []), 'what is saved there restores on'];
  const head = { cells, paint: style.faint };
  const more = shown.length < classes.length ? [`  … ${classes.length - shown.length} more classes (--all shows them)`] : [];
  return [
    style.strong(`Hosts: ${counts.hosts} in ${countOf(classes.length, 'class', 'classes')}`),
    ...table(rows, { indent: 2, width: options.width, head, numbers: [1, 3] }),
    ...more,
  ];
}

function restoresOn(one: PlanClass, classes: readonly PlanClass[], { classes: byId }: PlanNames): string {
  if (one.restoresOn === null) return '';
  if (one.restoresOn.length === classes.length - 1 && one.restoresOwn && classes.length > 1) return 'all';
  const others = one.restoresOn.map((id) => byId.get(id)?.hosts ?? 0).reduce((sum, hosts) => sum + hosts, 0);
  const own = one.restoresOwn ? 'its own' : 'its own: not proven';
  if (one.restoresOn.length === 0) return one.restoresOwn ? 'its own only' : own;
  return `${own}; ${someOf(one.restoresOn, SHOWN.names)} (${hostCount(others)})`;
}

/** The least number of images, where to take them, and what fewer would cover. */
export function newImageLines(document: PlanDocument, names: PlanNames, options: PlanTextOptions): string[] {
  const { newImages, counts } = document;
  const style = styleFor(options);
  const covered = counts.hosts - newImages.unproven.hosts;
  const lines = [style.strong(`Images to take: ${howMany(newImages)} ${forHosts(covered, counts.hosts)}`)];
  const shown = options.all ? newImages.take : newImages.take.slice(0, SHOWN.classes);
  const rows = shown.map(({ on, covers, hosts }) => {
    const one = names.classes.get(on);
    const where = one === undefined ? '' : someOf(one.names.map(names.shortHost), SHOWN.hosts, ', ');
    return [
      `on ${on}`,
      one?.cpu ?? '',
      hostCount(hosts),
      covers.length === document.classes.length ? 'every class' : someOf(covers, SHOWN.names),
      where,
    ];
  });
  if (rows.length > 0) {
    const cells = ['', 'CPU', 'covers', '', 'take it on one of'];
    lines.push(...table(rows, { indent: 2, width: options.width, head: { cells, paint: style.faint } }));
  }
  if (shown.length < newImages.take.length) lines.push(`  … ${newImages.take.length - shown.length} more (--all shows them)`);
  const fewer = newImages.best.slice(0, -1).slice(0, 3);
  for (const { images, on, hosts } of fewer)
    lines.push(
      ...hanging(
        '  ',
        `with ${countOf(images, 'image')} only: ${hosts} of ${hostCount(counts.hosts)} (on ${on.join(' ')})`,
        options.width,
      ),
    );
  if (newImages.unproven.hosts > 0) {
    const which = someOf(newImages.unproven.classes, SHOWN.names);
    const text = `${style.open('not proven')} for ${hostCount(newImages.unproven.hosts)} (${which}): something that gVisor compares is unknown there (ckpt host show tells what)`;
    lines.push(...hanging('  ', text, options.width));
  }
  for (const level of document.levelling) lines.push(...levelLines(level, document, names, options));
  return lines;
}

function howMany({ atMost, atLeast, optimal }: NewImages): string {
  if (atMost === 0) return 'none is proven to restore';
  return optimal ? `${atMost} (no fewer will do)` : `at most ${atMost}, at least ${atLeast}`;
}

function forHosts(covered: number, hosts: number): string {
  if (covered === 0) return `on any of ${hostCount(hosts)}`;
  if (hosts === 1) return 'for the host';
  return `for ${covered === hosts ? 'all' : covered} of ${hostCount(hosts)}`;
}

function levelLines(
  level: Levelling,
  { classes }: PlanDocument,
  { classes: byId, shortHost }: PlanNames,
  options: PlanTextOptions,
): string[] {
  if (level.classes.length < 2) return [];
  const one = byId.get(level.mostLost.class);
  const most =
    one === undefined
      ? ''
      : `; ${level.mostLost.class}, ${className(one, shortHost)}, would give up ${countOf(level.mostLost.features, 'feature')}`;
  const all =
    level.classes.length === classes.length
      ? `all ${hostCount(level.hosts)}`
      : `the ${hostCount(level.hosts)} of ${someOf(level.classes, SHOWN.names)}`;
  const text = `levelled to the ${countOf(level.features, 'feature')} that they have in common, the features of 1 image would do for ${all}${most}; ckpt baseline says how, and what of the programs it does not bind`;
  return hanging('  ', text, options.width);
}

/** Who keeps features out of the level of the fleet: the fewest hosts first. */
export function blockerLines({ blockers }: PlanDocument, names: PlanNames, options: PlanTextOptions): string[] {
  if (blockers.length === 0) return [];
  const style = styleFor(options);
  const shown = options.all ? blockers : blockers.slice(0, SHOWN.blockers);
  const rows = shown.map((blocker) => [
    String(blocker.hosts),
    who(blocker, names),
    someOf(
      blocker.features.map(({ name }) => name),
      options.all ? blocker.features.length : 10,
    ),
  ]);
  const more = shown.length < blockers.length ? [`  … ${blockers.length - shown.length} more (--all shows them)`] : [];
  const head = { cells: ['hosts', 'without', 'keep out of the common level'], paint: style.faint };
  return [
    style.strong('Who keeps the common level down'),
    ...table(rows, { indent: 2, width: options.width, head, numbers: [0] }),
    ...more,
  ];
}

function who({ lackedBy, unknownOn }: Blocker, { classes, shortHost }: PlanNames): string {
  const [only] = lackedBy;
  const one = only === undefined ? undefined : classes.get(only);
  if (one !== undefined && lackedBy.length === 1 && unknownOn.length === 0) return `${only} ${className(one, shortHost)}`;
  return someOf([...lackedBy, ...unknownOn.map((id) => `${id}?`)], SHOWN.names);
}
