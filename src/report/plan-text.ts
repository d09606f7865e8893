/** The answer of `plan` for people. */
import type { PlanAnswer, PlanDocument } from '../fleet/plan-document.ts';
import { reasonOf } from './check-words.ts';
import { escapeAll } from './escape.ts';
import { coverageText, summaryLine } from './plan-coverage-text.ts';
import { driftLines, driftText } from './plan-drift-text.ts';
import { blockerLines, classLines, newImageLines, type PlanNames, type PlanTextOptions } from './plan-hosts-text.ts';
import { imageLines } from './plan-images-text.ts';
import { hostCount, shortened } from './plan-names.ts';
import { countOf } from './quantities.ts';
import { type Style, styleFor } from './style.ts';
import { hanging } from './wrap.ts';

const ANSWER_WORDS = { covered: 'COVERED', stranded: 'STRANDED', undecided: 'UNDECIDED' } as const satisfies Record<
  PlanAnswer,
  string
>;

/** What is wrong first, then what to do about it, then the fleet and every answer. Ends with one newline; nothing of the inputs is unescaped. */
export function renderPlanText(given: PlanDocument, options: PlanTextOptions): string {
  const document = escapeAll(given);
  const { answer, drift, images, classes } = document;
  const style = styleFor(options);
  const names: PlanNames = {
    classes: new Map(classes.map((one) => [one.id, one])),
    shortHost: shortened(classes.flatMap((one) => one.names)),
    shortImage: shortened(images?.groups.flatMap(({ paths }) => paths) ?? []),
  };
  const lines: string[] = [];
  const sum = (word: PlanAnswer, text: string): string[] =>
    summaryLine(ANSWER_WORDS[word], paint(word, style)(ANSWER_WORDS[word]), text, options.width);
  if (drift !== null) {
    lines.push(...sum(drift.answer, driftText(drift, images !== null)), ...driftLines(drift, names, options), '');
    lines.push(style.faint('─'.repeat(Math.min(options.width, 100))), '', style.strong('The fleet after the change'));
  }
  if (answer !== null) lines.push(...sum(answer, coverageText(document)));
  else if (drift === null) lines.push(...hanging('', hostsText(document), options.width));
  if (classes.length > 0) {
    if (images !== null) lines.push(...imageLines(document, images, names, options));
    lines.push('', ...classLines(document, names, options), '', ...newImageLines(document, names, options));
    const blockers = blockerLines(document, names, options);
    if (blockers.length > 0) lines.push('', ...blockers);
  }
  const notes = document.notes.flatMap((note) => hanging('- ', note, options.width));
  if (notes.length > 0) lines.push('', ...notes);
  if (document.errors.length > 0)
    lines.push('', style.bad(`${countOf(document.errors.length, 'input')} not readable`), ...errorLines(document, options));
  return `${lines.join('\n')}\n`;
}

function paint(answer: PlanAnswer, style: Style): (text: string) => string {
  return answer === 'covered' ? style.good : answer === 'stranded' ? style.bad : style.open;
}

function hostsText({ counts, classes, newImages }: PlanDocument): string {
  const { atMost, optimal, unproven } = newImages;
  const fleet = `${hostCount(counts.hosts)} in ${countOf(classes.length, 'class', 'classes')}`;
  if (atMost === 0) return `${fleet}: no image is proven to restore on them`;
  const number = `${optimal ? '' : 'at most '}${countOf(atMost, 'image')}`;
  const rest = unproven.hosts === 0 ? '' : `; for ${unproven.hosts} nothing is proven`;
  return `${fleet}: ${number} ${atMost === 1 ? 'covers' : 'cover'} ${unproven.hosts === 0 ? 'all' : counts.hosts - unproven.hosts}${rest}`;
}

/** The most errors that text shows. */
const SHOWN_ERRORS = 20;

function errorLines({ errors }: PlanDocument, options: PlanTextOptions): string[] {
  const shown = options.all ? errors : errors.slice(0, SHOWN_ERRORS);
  const lines = shown.flatMap(({ image, host, message, layer, code }) =>
    hanging('  ', `${image ?? host ?? ''}: ${reasonOf({ layer, message })} [${code}]`, options.width),
  );
  return shown.length < errors.length ? [...lines, `  … ${errors.length - shown.length} more`] : lines;
}
