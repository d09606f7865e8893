/** A plan as Markdown, for the summary of a CI job or a ticket. */
import type { PlanAnswer, PlanDocument, PlanImages } from '../fleet/plan-document.ts';
import { markdownCode, markdownTable, markdownText } from './markdown.ts';
import { coverageText } from './plan-coverage-text.ts';
import { driftText } from './plan-drift-text.ts';
import { someOf } from './plan-names.ts';

/** The most rows of one table: a summary of a job holds a megabyte. */
const MOST_ROWS = 100;
/** The most classes that get a column of their own. */
const MOST_COLUMNS = 20;

const ANSWERS = { covered: '✅ Covered', stranded: '❌ Stranded', undecided: '❔ Undecided' } as const satisfies Record<
  PlanAnswer,
  string
>;

export function renderPlanMarkdown(document: PlanDocument): string {
  const { answer, drift, classes, newImages, images, notes, errors } = document;
  const parts: string[] = [];
  if (drift !== null)
    parts.push(`**${ANSWERS[drift.answer]}**: ${markdownText(driftText(drift, images !== null))}\n`, driftTable(document));
  if (answer !== null) parts.push(`**${ANSWERS[answer]}**: ${markdownText(coverageText(document))}\n`);
  if (images !== null) parts.push(matrixTable(document, images));
  const rows = classes
    .slice(0, MOST_ROWS)
    .map((one) => [
      one.id,
      String(one.hosts),
      markdownText(one.cpu ?? `unknown ${one.arch} CPU`),
      String(one.features) + (one.unknownFeatures.length === 0 ? '' : ` (+${one.unknownFeatures.length} unknown)`),
      newImages.take.some(({ on }) => on === one.id) ? 'yes' : '',
      one.names.slice(0, 5).map(markdownCode).join(' ') + (one.names.length > 5 ? ` and ${one.names.length - 5} more` : ''),
    ]);
  const number = newImages.optimal ? String(newImages.atMost) : `at most ${newImages.atMost}, at least ${newImages.atLeast}`;
  const unproven = newImages.unproven.hosts === 0 ? '' : `, nothing proven for ${newImages.unproven.hosts}`;
  parts.push(`${document.counts.hosts} hosts in ${classes.length} classes. Images to take: ${number}${unproven}.\n`);
  parts.push(markdownTable(['class', 'hosts', 'CPU', 'features', 'take an image', 'names'], rows) + cut(classes.length));
  if (notes.length > 0) parts.push(notes.map((note) => `- ${markdownText(note)}\n`).join(''));
  if (errors.length > 0) {
    const list = errors
      .slice(0, MOST_ROWS)
      .map(({ image, host, message }) => `- ${markdownCode(image ?? host ?? '')}: ${markdownText(message)}\n`);
    parts.push(`Not readable:\n\n${list.join('')}${cut(errors.length)}`);
  }
  return parts.join('\n');
}

function cut(count: number): string {
  return count > MOST_ROWS ? `\n… and ${count - MOST_ROWS} more\n` : '';
}

function matrixTable({ classes }: PlanDocument, { groups, matrix }: PlanImages): string {
  const rows = (matrix ?? []).slice(0, MOST_ROWS).map((row) => {
    const group = groups.find(({ id }) => id === row.image);
    const [first = ''] = group?.paths ?? [];
    const more = (group?.paths.length ?? 1) > 1 ? ` and ${(group?.paths.length ?? 1) - 1} alike` : '';
    const name = markdownCode(first) + more;
    const hosts = String(group?.hosts.restorable ?? 0);
    if (classes.length > MOST_COLUMNS)
      return [name, hosts, row.restorable.length === 0 ? 'none' : someOf(row.restorable, MOST_COLUMNS)];
    const signs = classes.map(({ id }) => {
      if (row.restorable.includes(id)) return '✅';
      return row.unknown.some((cell) => cell.classes.includes(id)) ? '❔' : '❌';
    });
    return [name, hosts, ...signs];
  });
  const columns = classes.length > MOST_COLUMNS ? ['restores on'] : classes.map(({ id }) => id);
  return rows.length === 0 ? '' : markdownTable(['image', 'hosts', ...columns], rows) + cut(matrix?.length ?? 0);
}

function driftTable({ drift }: PlanDocument): string {
  const rows = (drift?.changes ?? [])
    .slice(0, MOST_ROWS)
    .map(({ hosts, facts, lost, gained, nowBlocked, nowUnknown, ownImages }) => [
      hosts.slice(0, 5).map(markdownCode).join(' ') + (hosts.length > 5 ? ` and ${hosts.length - 5} more` : ''),
      facts
        .map(({ fact, before, after }) => markdownText(`${fact}: ${before ?? 'unknown'} → ${after ?? 'unknown'}`))
        .join('<br>'),
      lost.map(markdownCode).join(' '),
      gained.map(markdownCode).join(' '),
      String(nowBlocked.length),
      String(nowUnknown.length),
      ownImages,
    ]);
  const head = ['hosts', 'changed', 'lost', 'gained', 'images blocked', 'images undecided', 'own images'];
  return rows.length === 0 ? '' : markdownTable(head, rows) + cut(drift?.changes.length ?? 0);
}
