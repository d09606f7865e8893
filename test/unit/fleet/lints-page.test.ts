import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { LINTS, type LintDescription } from '../../../src/fleet/lint-codes.ts';

const PAGE = fileURLToPath(new URL('../../../docs/lints.md', import.meta.url));

const INTRODUCTION = `# Lints of the annotation \`dev.gvisor.internal.cpufeatures\`

\`ckpt baseline --lint FILE\` looks at the annotation in OCI configs and Kubernetes objects ([baseline.md](baseline.md)). Its exit code is 1 when a finding
is an error. A code never changes its meaning.
`;

function page(): string {
  const rows = Object.entries(LINTS).map(
    ([code, { severity, title }]) => `| [${code}](#${code.toLowerCase()}) | ${severity} | ${title} |\n`,
  );
  const parts = Object.entries<LintDescription>(LINTS).map(
    ([code, { title, meaning, remedy }]) => `\n## ${code}\n\n**${title}.** ${meaning}\n\n${remedy}\n`,
  );
  return `${INTRODUCTION}\n| code | severity | finding |\n|---|---|---|\n${rows.join('')}${parts.join('')}`;
}

// `UPDATE_DOCS=1 npx vitest run test/unit/fleet/lints-page` writes the page anew.
if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, page());

it('docs/lints.md is what the table says', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(page());
});
