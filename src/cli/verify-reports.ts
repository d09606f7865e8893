/** A verification in the formats for CI. Each is loaded when it is asked for. */
import { TOOL } from '../tool.ts';
import type { VerifyDocument } from '../verify.ts';
import type { GithubFiles } from './github-files.ts';
import { json, type Renderers } from './write-documents.ts';

/** Everything but text and JSON. */
export function verifyReports(
  document: VerifyDocument,
  options: { readonly exitCode: number; readonly docsUrl: string | null },
): Omit<Renderers, 'text' | 'json'> {
  return {
    table: async (text) => (await import('../report/verify-table.ts')).renderVerifyTable(document, text),
    markdown: async () => (await import('../report/verify-markdown.ts')).renderVerifyMarkdown(document),
    sarif: async () => {
      const { verifySarif } = await import('../report/sarif-verify.ts');
      return json(verifySarif(document, { ...options, tool: TOOL }));
    },
    junit: async () => (await import('../report/junit-verify.ts')).verifyJunit(document),
    github: async () => (await import('../report/github-verify.ts')).verifyGithub(document),
  };
}

/** What a step on GitHub leaves behind. */
export async function verifyGithubFiles(document: VerifyDocument): Promise<GithubFiles> {
  const { renderVerifyMarkdown } = await import('../report/verify-markdown.ts');
  const { verifyOutputs } = await import('../report/github-verify.ts');
  return { summary: (mostBytes) => renderVerifyMarkdown(document, mostBytes), outputs: verifyOutputs(document) };
}
