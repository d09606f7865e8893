/** What is wrong with annotations, for people and for a page. */
import type { LintDocument, LintFinding } from '../fleet/lint-document.ts';
import { escapeAll } from './escape.ts';
import { markdownCode, markdownTable, markdownText } from './markdown.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { hanging } from './wrap.ts';

/** One block for each finding, then the lists as they should be, then the sum. Ends with one newline. */
export function renderLintText(given: LintDocument, options: TextOptions): string {
  const document = escapeAll(given);
  const style = styleFor(options);
  const paint = { error: style.bad, warning: style.open, info: style.faint } as const;
  const lines: string[] = [];
  for (const finding of document.findings) {
    lines.push(`${placeOf(finding)}: ${paint[finding.severity](finding.severity)}: ${finding.title} [${finding.code}]`);
    lines.push(...hanging('  ', finding.message, options.width));
  }
  const wrong = new Set(
    document.findings.filter(({ severity }) => severity === 'error').map(({ file, path }) => `${file}\n${path}`),
  );
  for (const { file, path, corrected } of document.annotations) {
    if (corrected === null || !wrong.has(`${file}\n${path}`)) continue;
    lines.push('', `${file}: the names as they are meant, in gVisor's spelling:`, `  ${corrected}`);
  }
  for (const { file, message } of document.errors)
    lines.push(...hanging(`${style.bad('cannot be read')} `, `${file}: ${message}`, options.width));
  if (lines.length > 0) lines.push('');
  lines.push(style.strong(sumOf(document)));
  return `${lines.join('\n')}\n`;
}

/** A table of the findings. Ends with one newline. */
export function renderLintMarkdown(document: LintDocument): string {
  const rows = document.findings.map((finding) => [
    markdownCode(finding.code),
    finding.severity,
    markdownCode(placeOf(finding)),
    `${markdownText(finding.title)}: ${markdownText(finding.message)}`,
  ]);
  const errors = document.errors.map(({ file, message }) => `* ${markdownCode(file)} cannot be read: ${markdownText(message)}\n`);
  const table = rows.length === 0 ? '' : `\n${markdownTable(['code', 'severity', 'place', 'finding'], rows)}`;
  return `${markdownText(sumOf(document))}\n${table}${errors.length === 0 ? '' : `\n${errors.join('')}`}`;
}

/** The sum of a document in one line. */
export function sumOf({ findings, files, annotations }: LintDocument): string {
  const count = (severity: LintFinding['severity']): number => findings.filter((finding) => finding.severity === severity).length;
  const read = `${countOf(annotations.length, 'annotation')} in ${countOf(files.length, 'file')}`;
  return `${read}: ${countOf(count('error'), 'error')}, ${countOf(count('warning'), 'warning')}, ${count('info')} to know`;
}

function placeOf({ file, line }: LintFinding): string {
  return line === null ? file : `${file}:${line}`;
}
