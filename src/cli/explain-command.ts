/** `ckpt explain`. */
import { UsageError } from '../errors.ts';
import { type ExplainDocument, explain, explained } from '../explain.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { standardInputIsTerminal } from '../io/text-lines.ts';
import { escapeText } from '../report/escape.ts';
import type { ExplainInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

/** What was asked, in a message. */
const LONGEST_GIVEN = 80;

/**
 * @returns 0; 2 when nothing has one of the names; 4 when nothing in a log is known
 * @throws UsageError when nothing was named and nothing is piped in
 */
export async function runExplain(invocation: ExplainInvocation, io: ProcessIo): Promise<0 | 2 | 4> {
  const { things, files, all } = invocation;
  const nothing = things.length === 0 && files.length === 0;
  if (nothing && standardInputIsTerminal())
    throw new UsageError('name a CPU feature, a code or a line of a log, or pipe a log in: runsc restore … 2>&1 | ckpt explain');
  const document = await explain(things, nothing ? ['-'] : files);
  await io.stderr.write(complaints(document));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderExplainText } = await import('../report/explain-text.ts');
      return renderExplainText(document, { ...options, all });
    },
    markdown: async () => {
      const { renderExplainMarkdown } = await import('../report/explain-markdown.ts');
      return renderExplainMarkdown(document);
    },
  });
  return { yes: 0, 'unknown-name': 2, 'unknown-log': 4 }[explained(document)] as 0 | 2 | 4;
}

function complaints({ answers }: ExplainDocument): string {
  return answers
    .flatMap((answer) => {
      if (answer.kind !== 'unknown') return [];
      const given = answer.given.length > LONGEST_GIVEN ? `${answer.given.slice(0, LONGEST_GIVEN)}…` : answer.given;
      const near = answer.near.length === 0 ? '' : ` Did you mean ${answer.near.join(', ')}?`;
      const hint = answer.hint === null ? '' : ` ${answer.hint}`;
      return [`ckpt: nothing has the name ${escapeText(JSON.stringify(given))}.${escapeText(near + hint)}\n`];
    })
    .join('');
}
