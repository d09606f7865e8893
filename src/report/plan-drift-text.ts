/** What a change of the fleet strands, in the text of a plan. */
import type { Drift, DriftChange } from '../fleet/plan-document.ts';
import { type PlanNames, type PlanTextOptions, SHOWN } from './plan-hosts-text.ts';
import { hostCount, someOf } from './plan-names.ts';
import { countOf } from './quantities.ts';
import { type Style, styleFor } from './style.ts';
import { hanging, wrap } from './wrap.ts';

/** The sentence about the change. */
export function driftText(drift: Drift, withImages: boolean): string {
  const { pairs, changes, strandedImages } = drift;
  const changed = changes.reduce((sum, { hosts }) => sum + hosts.length, 0);
  const said = [`${changed} of ${hostCount(changed + drift.hosts.unchanged)} changed`];
  if (drift.added.length > 0) said.push(`${drift.added.length} added`);
  if (drift.removed.length > 0) said.push(`${drift.removed.length} removed`);
  if (!withImages) {
    const own = (wanted: DriftChange['ownImages']): number =>
      changes.filter(({ ownImages }) => ownImages === wanted).reduce((sum, { hosts }) => sum + hosts.length, 0);
    const refuse = own('blocked');
    const open = own('unknown');
    if (refuse > 0) said.push(`${hostCount(refuse)} refuse${refuse === 1 ? 's' : ''} what was saved there before`);
    if (open > 0) said.push(`of ${hostCount(open)} that is not known`);
    return said.join(', ');
  }
  const lost = pairs.nowBlocked + pairs.nowUnknown;
  const stranded = strandedImages.reduce((sum, { paths }) => sum + paths.length, 0);
  const what =
    lost === 0
      ? `all ${pairs.restorableBefore} pairs that were restorable still are`
      : `${lost} of ${pairs.restorableBefore} restorable pairs lost`;
  return [...said, what, ...(stranded === 0 ? [] : [`${countOf(stranded, 'image')} stranded`])].join(', ');
}

/** The changes, those that strand most first. */
export function driftLines(drift: Drift, names: PlanNames, options: PlanTextOptions): string[] {
  const style = styleFor(options);
  const lines: string[] = [];
  const shown = options.all ? drift.changes : drift.changes.slice(0, SHOWN.problems);
  for (const change of shown) lines.push('', ...changeLines(change, names, options, style));
  if (shown.length < drift.changes.length)
    lines.push('', `… ${drift.changes.length - shown.length} more changes (--all shows them)`);
  if (drift.strandedImages.length > 0) {
    lines.push('', style.strong('Images that had a host and have none now'));
    const stranded = drift.strandedImages.flatMap(({ paths, undecided }) =>
      paths.map((path) => `${names.shortImage(path)}${undecided ? ' (undecided)' : ''}`),
    );
    lines.push(...hanging('  ', someOf(stranded, options.all ? stranded.length : SHOWN.images, ', '), options.width));
  }
  if (drift.added.length > 0) lines.push('', ...listed('Added', drift.added, options, style));
  if (drift.removed.length > 0) lines.push('', ...listed('Removed', drift.removed, options, style));
  if (drift.pairs.newlyRestorable > 0) lines.push('', `${countOf(drift.pairs.newlyRestorable, 'pair')} became restorable`);
  return lines;
}

const OWN_WORDS = {
  restorable: 'what was saved there before restores',
  blocked: 'what was saved there before does not restore any more',
  unknown: 'whether what was saved there before restores is not known',
} as const satisfies Record<DriftChange['ownImages'], string>;

function changeLines(change: DriftChange, names: PlanNames, options: PlanTextOptions, style: Style): string[] {
  const { hosts, facts, lost, gained, unclear, nowBlocked, nowUnknown, ownImages } = change;
  const title = `${hostCount(hosts.length)}: ${someOf(hosts, options.all ? hosts.length : SHOWN.names, ', ')}`;
  const row = (label: string, text: string): string[] => hanging(`  ${label.padEnd(9)} `, text, options.width);
  const all = (words: readonly string[]): string => someOf(words, options.all ? words.length : SHOWN.images);
  const paths = (list: readonly string[]): string =>
    someOf(list.map(names.shortImage), options.all ? list.length : SHOWN.names, ', ');
  return [
    ...wrap(title, options.width).map(style.strong),
    ...facts.flatMap(({ fact, before, after }) => row('', `${fact}: ${before ?? 'not known'} → ${after ?? 'not known'}`)),
    ...(lost.length === 0 ? [] : row('lost', all(lost))),
    ...(gained.length === 0 ? [] : row('gained', all(gained))),
    ...(unclear.length === 0 ? [] : row('unclear', all(unclear))),
    ...(nowBlocked.length === 0 ? [] : row('stranded', `${countOf(nowBlocked.length, 'image')}: ${paths(nowBlocked)}`)),
    ...(nowUnknown.length === 0 ? [] : row('undecided', `${countOf(nowUnknown.length, 'image')}: ${paths(nowUnknown)}`)),
    ...row('', OWN_WORDS[ownImages]),
  ];
}

function listed(word: string, names: readonly string[], options: PlanTextOptions, style: Style): string[] {
  const shown = someOf(names, options.all ? names.length : SHOWN.images, ', ');
  return [style.strong(`${word}: ${names.length}`), ...hanging('  ', shown, options.width)];
}
