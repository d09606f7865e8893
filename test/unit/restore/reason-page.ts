/** The pages of docs/reasons/: one for each code, made of the table and of the example that the tests use. */
import { CHANGES } from '../../../src/restore/changes.ts';
import { ADVICE, type AdviceCode, REASONS, type ReasonCode } from '../../../src/restore/reasons.ts';
import { BY_ADVICE, BY_REASON } from './by-code.ts';

/** Every page by file name. */
export function reasonPages(): Map<string, string> {
  const pages = new Map<string, string>();
  for (const code of Object.keys(REASONS) as ReasonCode[]) pages.set(`${code}.md`, reasonPage(code));
  for (const code of Object.keys(ADVICE) as AdviceCode[]) pages.set(`${code}.md`, advicePage(code));
  pages.set('README.md', indexPage());
  return pages;
}

const SPEC_SWITCH =
  'runsc has a switch for this, `--restore-spec-validation`, and so has `ckpt check`, which answers for a runsc that is given the same.';
/** Where runsc can be told to go on. */
const SWITCHES: { readonly [C in ReasonCode]?: string } = { CKPT1351: SPEC_SWITCH, CKPT1352: SPEC_SWITCH, CKPT1354: SPEC_SWITCH };

function reasonPage(code: ReasonCode): string {
  const { gate, title, meaning, example, remedy } = REASONS[code];
  const found = BY_REASON[code]()
    .gates.flatMap((entry) => entry.reasons)
    .find((because) => because.code === code);
  const printed =
    example === null
      ? 'runsc prints nothing of its own for this, or a text that cannot be known in advance.'
      : `\`\`\`text\n${example}\n\`\`\`\n\nThe text is that of one release; other releases word it differently.`;
  return page([
    `# ${code}: ${title}`,
    gate === 'any'
      ? 'Gate: any of those that look at what is missing here.'
      : `Gate: \`${gate}\`, condition ${found?.order} of [the gates](../gates.md).`,
    '## What it means',
    meaning,
    '## What runsc prints',
    printed,
    '## What you can do',
    remedy,
    '## In the JSON',
    `An example, from a made-up image and host:\n\n\`\`\`json\n${JSON.stringify(found, null, 2)}\n\`\`\``,
    '## Accepting it',
    `${SWITCHES[code] ?? 'runsc has no switch that skips this.'} The code never changes its meaning, so that a script can accept the finding by it: \`ckpt check … --json | jq '[.results[].gates[].reasons[] | select(.code != "${code}")]'\` lists the others.`,
  ]);
}

function advicePage(code: AdviceCode): string {
  const { title, meaning, remedy, evidence } = ADVICE[code];
  const found = BY_ADVICE[code]().advice.find((advice) => advice.code === code);
  return page([
    `# ${code}: ${title}`,
    'Advice.',
    '## When it is given',
    meaning,
    '## What you can do',
    remedy,
    '## How well it is known to work',
    evidence,
    '## In the JSON',
    `An example, from a made-up image and host:\n\n\`\`\`json\n${JSON.stringify(found, null, 2)}\n\`\`\``,
  ]);
}

function indexPage(): string {
  const reasons = Object.entries(REASONS).map(
    ([code, { gate, title }]) => `| [${code}](${code}.md) | ${gate === 'any' ? 'any' : `\`${gate}\``} | ${title} |`,
  );
  const advice = Object.entries(ADVICE).map(([code, { title }]) => `| [${code}](${code}.md) | ${title} |`);
  return page([
    '# Reasons and advice',
    'Every finding of `ckpt check` has a code that never changes its meaning. Reasons say why a gate answered as it did, advice says what a person can do.',
    `| code | gate | reason |\n|---|---|---|\n${reasons.join('\n')}`,
    `| code | advice |\n|---|---|\n${advice.join('\n')}`,
  ]);
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

/** The table of changes in docs/gates.md. */
export function changesTable(): string {
  const rows = Object.values(CHANGES).map(({ commit, date, firstRelease, what, source }) => {
    const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
    return `| ${day} | ${commit} | ${firstRelease} | ${what} | ${source} |`;
  });
  return ['| landed | commit | first release | since then | source |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}
