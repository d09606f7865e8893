/** The answer of `check` in the formats for CI. Each is loaded when it is asked for. */
import type { CheckDocument } from '../restore/result.ts';
import type { OnUnknown } from '../restore/verdict.ts';
import type { GithubFiles } from './github-files.ts';
import { json, type Renderers } from './write-documents.ts';

export interface CheckReportOptions {
  readonly onUnknown: OnUnknown;
  readonly exitCode: number;
  readonly docsUrl: string | null;
}

/** Everything but text and JSON. */
export function checkReports(document: CheckDocument, options: CheckReportOptions): Omit<Renderers, 'text' | 'json'> {
  return {
    table: async (text) => (await import('../report/check-table.ts')).renderCheckTable(document, text),
    markdown: async () => {
      const { renderCheckMarkdown } = await import('../report/check-markdown.ts');
      return renderCheckMarkdown(document, await tables());
    },
    sarif: async () => {
      const { checkSarif } = await import('../report/sarif-check.ts');
      return json(checkSarif(document, { ...options, ...(await tables()) }));
    },
    junit: async () => {
      const { checkJunit } = await import('../report/junit-check.ts');
      return checkJunit(document, { ...options, ...(await tables()) });
    },
    github: async () => {
      const { checkGithub } = await import('../report/github-check.ts');
      return checkGithub(document, { ...options, ...(await tables()) });
    },
  };
}

/** What a step on GitHub leaves behind. */
export async function checkGithubFiles(document: CheckDocument): Promise<GithubFiles> {
  const { renderCheckMarkdown } = await import('../report/check-markdown.ts');
  const { checkOutputs } = await import('../report/github-check.ts');
  const words = await tables();
  return {
    summary: (mostBytes) => renderCheckMarkdown(document, { ...words, mostBytes }),
    outputs: checkOutputs(document),
  };
}

async function tables() {
  const { findingsOf, REASONS } = await import('../finding-words.ts');
  return { findingsOf, reasons: REASONS };
}
