/** Explanations as Markdown, for a ticket or the summary of a CI job. */
import type { ExplainDocument } from '../explain.ts';
import type { Answer, FeatureAnswer, LogAnswer } from '../explanation/answer.ts';
import { placeText } from './explain-feature-text.ts';
import { markdownCode, markdownTable, markdownText } from './markdown.ts';

/** Characters of a message that are shown. */
const LONGEST_MESSAGE = 300;

/** A heading for each answer; ends with one newline. */
export function renderExplainMarkdown({ answers }: ExplainDocument): string {
  return answers.map((answer) => `${answerText(answer).trimEnd()}\n`).join('\n');
}

function answerText(answer: Answer): string {
  switch (answer.kind) {
    case 'feature':
      return featureText(answer);
    case 'log':
      return logText(answer);
    case 'unknown':
      return `### ${markdownCode(answer.given)}\n\nNothing has this name.${answer.near.length === 0 ? '' : ` Near: ${answer.near.map(markdownCode).join(', ')}.`}\n`;
    case 'gate':
      return `### ${markdownCode(answer.id)}\n\n${answer.checks}\n\nDecided by ${answer.decidedBy}. Since: ${answer.since}. Needs: ${answer.howTo}\n\n${markdownTable(
        ['reason', 'title'],
        answer.reasons.map(({ code, title }) => [code, title]),
      )}`;
    case 'error':
    case 'exit':
      return `### ${answer.kind === 'exit' ? 'Exit code ' : ''}${markdownCode(answer.code)}\n\n${answer.meaning}\n`;
    case 'state':
      return `### ${markdownCode(answer.name)}: ${answer.description}\n\nA state component of XSAVE, bit ${answer.bit} of XCR0 and XSTATE_BV. ${answer.meaning}\n`;
    case 'advice':
      return `### ${answer.code}: ${answer.title}\n\n${answer.meaning}\n\n**Do:** ${answer.remedy}\n`;
    case 'reason':
    case 'lint':
      return `### ${answer.code}: ${answer.title}\n\n${answer.meaning}\n\n**Fix:** ${answer.remedy}\n`;
  }
}

function featureText({ features }: FeatureAnswer): string {
  return features
    .map((feature) => {
      const bit = feature.place === null ? '' : placeText(feature.place);
      const rows: [string, string][] = feature.compared
        ? [
            ['compared', `yes, on ${feature.arch}, since ${feature.comparedSince.release ?? feature.comparedSince.date}`],
            ['bit', bit],
            ['when it is missing', feature.impactMeaning],
            ['in Linux', feature.linuxName === null ? 'never shown' : markdownCode(feature.linuxName)],
            ['also called', feature.otherSpellings.map(markdownCode).join(', ')],
            ['beware', feature.traps.join(' ')],
          ]
        : [
            ['compared', `no (${feature.arch})`],
            ['bit', bit],
            ['meaning', feature.note],
          ];
      return `### ${markdownCode(feature.name)}: ${markdownText(feature.description)}\n\n${markdownTable(
        ['', ''],
        rows.filter(([, text]) => text !== '').map(([label, text]) => [label, text]),
      )}`;
    })
    .join('\n');
}

function logText({ source, findings, rootCause, notUnderstood }: LogAnswer): string {
  const name = source === null ? 'a message of runsc' : source === '-' ? 'standard input' : markdownCode(source);
  const [first] = findings;
  if (first === undefined) return `### ${name}\n\nNothing in it is a message that ckpt knows.\n`;
  const head = rootCause === null ? 'The cause is not in it' : 'Cause';
  const table = markdownTable(
    ['lines', 'message', 'what it is', 'gate', 'codes'],
    findings.map(({ lines, count, message, title, gate, codes }) => [
      `${lines.slice(0, 3).join(', ')}${count > 3 ? ' …' : ''}`,
      markdownCode(message.slice(0, LONGEST_MESSAGE)),
      markdownText(title),
      gate ?? '',
      codes.map(({ code }) => code).join(', '),
    ]),
  );
  const causes = first.possibleCauses.map(({ title, howToTell }, index) => `${index + 1}. ${title}: ${howToTell}\n`).join('');
  const strange = notUnderstood.count === 0 ? '' : `\n${notUnderstood.count} more line(s) were not understood.\n`;
  return `### ${name}\n\n**${head}:** ${markdownText(first.title)}\n\n${first.meaning}\n\n**Fix:** ${markdownText(first.remedy)}\n\n${causes === '' ? '' : `${causes}\n`}${table}${strange}`;
}
