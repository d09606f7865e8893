/** The answer of `check` in the formats that few ask for: a file of its own in dist/, with the renderers and the texts of all reasons. */
import { findingsOf, REASONS } from '../finding-words.ts';
import { renderCheckMarkdown } from '../report/check-markdown.ts';
import { renderCheckTable } from '../report/check-table.ts';
import { checkGithub, checkOutputs } from '../report/github-check.ts';
import { checkJunit } from '../report/junit-check.ts';
import { checkSarif } from '../report/sarif-check.ts';
import type { CheckDocument } from '../restore/result.ts';
import type { OnUnknown } from '../restore/verdict.ts';
import type { GithubFiles } from './github-files.ts';
import { json, type Renderers } from './write-documents.ts';

export interface CheckReportOptions {
  readonly onUnknown: OnUnknown;
  readonly exitCode: number;
  readonly docsUrl: string | null;
}

const WORDS = { findingsOf, reasons: REASONS };

/** Everything but text and JSON. */
export function checkReports(document: CheckDocument, options: CheckReportOptions): Omit<Renderers, 'text' | 'json'> {
  const told = { ...options, ...WORDS };
  return {
    table: async (text) => renderCheckTable(document, text),
    markdown: async () => renderCheckMarkdown(document, WORDS),
    sarif: () => json(checkSarif(document, told)),
    junit: async () => checkJunit(document, told),
    github: async () => checkGithub(document, told),
  };
}

/** What a step on GitHub leaves behind. */
export function checkGithubFiles(document: CheckDocument): GithubFiles {
  return {
    summary: (mostBytes) => renderCheckMarkdown(document, { ...WORDS, mostBytes }),
    outputs: checkOutputs(document),
  };
}
