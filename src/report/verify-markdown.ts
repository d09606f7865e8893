/** How images came out of a verification, as Markdown. */
import type { VerifyDocument } from '../verify.ts';
import { htmlCode, markdownCode, markdownRow, markdownTable, markdownText } from './markdown.ts';
import { fitted, type MarkdownPiece, MOST_BYTES } from './markdown-pages.ts';
import { damagedChecks, verifySummary } from './verify-findings.ts';
import { CHECK_NAMES } from './verify-text.ts';

/** Ends with one newline. Nothing of the inputs is markup in it, and it has no more bytes than it may. */
export function renderVerifyMarkdown(document: VerifyDocument, mostBytes = MOST_BYTES): string {
  return fitted(pieces(document), mostBytes);
}

function* pieces(document: VerifyDocument): Generator<MarkdownPiece> {
  const { verdict, images, errors } = document;
  yield { text: `## ckpt verify: ${verdict.toUpperCase()}\n\n${verifySummary(document)}\n`, counted: null };
  for (const { image, code, message } of errors)
    yield { text: `\n- ${markdownCode(image)}: ${markdownText(message)} (${markdownCode(code)})\n`, counted: 'inputs' };
  yield { text: `\n${markdownTable(['image', 'verdict', 'damaged', 'not checked'], [])}`, counted: 'tables' };
  for (const { path, verdict: own, checks } of images) {
    const named = (wanted: string) =>
      checks
        .filter(({ outcome }) => outcome === wanted)
        .map(({ id }) => CHECK_NAMES[id])
        .join(', ');
    const word = own === 'intact' ? own : `**${own}**`;
    yield { text: markdownRow([markdownCode(path), word, named('damaged'), named('not-checked')]), counted: 'rows of tables' };
  }
  for (const { image, sentence, lines } of damagedChecks(document)) {
    const places = lines.map((line) => `- ${markdownText(line)}\n`).join('');
    yield {
      text: `\n<details><summary>${htmlCode(image.path)} ${sentence}</summary>\n\n${places}\n</details>\n`,
      counted: 'explanations',
    };
  }
}
