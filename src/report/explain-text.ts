/** Explanations for people. */
import type { ExplainDocument } from '../explain.ts';
import type { Answer, GateAnswer, NameAnswer } from '../explanation/answer.ts';
import { escapeText } from './escape.ts';
import { featureLines } from './explain-feature-text.ts';
import { type ExplainTextOptions, logLines } from './explain-log-text.ts';
import { labelled } from './labelled.ts';
import { type Style, styleFor } from './style.ts';
import { hanging } from './wrap.ts';

/** One paragraph group for each answer, with an empty line between them; ends with one newline, or is empty. */
export function renderExplainText({ answers }: ExplainDocument, options: ExplainTextOptions): string {
  const style = styleFor(options);
  // What nothing knows is told on standard error.
  const blocks = answers.map((answer) => answerLines(answer, style, options)).filter((lines) => lines.length > 0);
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function answerLines(answer: Answer, style: Style, options: ExplainTextOptions): string[] {
  if (answer.kind === 'log') return logLines(answer, style, options);
  return answer.kind === 'unknown' ? [] : nameLines(answer, style, options);
}

function nameLines(answer: NameAnswer, style: Style, options: ExplainTextOptions): string[] {
  const { width } = options;
  switch (answer.kind) {
    case 'feature':
      return featureLines(answer, style, options);
    case 'gate':
      return gateLines(answer, style, width);
    case 'state':
      return [
        `${style.strong(answer.name)}: ${answer.description} (a state component of XSAVE)`,
        ...labelled('bit', `${answer.bit} of XCR0 and XSTATE_BV`, width),
        ...(answer.features.length === 0 ? [] : labelled('features', answer.features.join(', '), width)),
        ...labelled('meaning', answer.meaning, width),
        ...labelled('source', answer.source, width),
      ];
    case 'error':
      return [`${style.strong(answer.code)}: an error code of ckpt (exit code 3)`, ...labelled('meaning', answer.meaning, width)];
    case 'exit':
      return [`${style.strong(`exit code ${answer.code}`)}`, ...labelled('meaning', answer.meaning, width)];
    case 'reason':
      return [
        `${style.strong(answer.code)}: ${escapeText(answer.title)}`,
        ...labelled('gate', answer.gate, width),
        ...labelled('meaning', answer.meaning, width),
        ...(answer.example === null ? [] : [`  runsc says  ${escapeText(answer.example)}`]),
        ...labelled('fix', answer.remedy, width),
        ...labelled('page', answer.page, width),
      ];
    case 'advice':
      return [
        `${style.strong(answer.code)}: ${escapeText(answer.title)}`,
        ...labelled('meaning', answer.meaning, width),
        ...labelled('do', answer.remedy, width),
        ...labelled('evidence', answer.evidence, width),
        ...labelled('page', answer.page, width),
      ];
    case 'lint':
      return [
        `${style.strong(answer.code)}: ${escapeText(answer.title)} (${answer.severity} of an annotation)`,
        ...labelled('meaning', answer.meaning, width),
        ...labelled('fix', answer.remedy, width),
        ...labelled('page', answer.page, width),
      ];
  }
}

function gateLines(answer: GateAnswer, style: Style, width: number): string[] {
  const conditions = answer.conditions.length === 0 ? 'of a filesystem checkpoint' : answer.conditions.join(', ');
  return [
    `${style.strong(answer.id)}: a gate of ckpt check`,
    ...labelled('checks', answer.checks, width),
    ...labelled('conditions', `${conditions}${answer.conditions.length === 0 ? '' : ' of docs/gates.md'}`, width),
    ...labelled('decided by', answer.decidedBy, width),
    ...labelled('since', answer.since, width),
    ...labelled('needs', answer.howTo, width),
    '  reasons',
    ...answer.reasons.flatMap(({ code, title }) => hanging(`    ${code}  `, escapeText(title), width)),
  ];
}
