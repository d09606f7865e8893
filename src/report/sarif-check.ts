/** The answer of `check` as SARIF: a result for each image, host and reason. */
import type { ReasonText } from '../restore/reasons.ts';
import type { CheckDocument } from '../restore/result.ts';
import {
  checkSummary,
  type FindingTables,
  findingSentence,
  judgementSentence,
  type ShownFinding,
  type ShownPair,
  shownPairs,
} from './check-findings.ts';
import { errorSubject } from './check-words.ts';
import { type SarifNotification, type SarifResult, type SarifRule, sarifLog } from './sarif.ts';

export interface CheckSarifOptions extends FindingTables {
  readonly exitCode: number;
  /** Where the documentation lies, ending in a slash, or null when that is not known. */
  readonly docsUrl: string | null;
}

/** Pairs that restore have no result. The log is a plain value. */
export function checkSarif(document: CheckDocument, options: CheckSarifOptions): object {
  const pairs = shownPairs(document, options.findingsOf);
  // Of all results or of none.
  const compared = pairs.some(({ findings }) => findings.some(({ by }) => by === 'baseline'));
  const findings = pairs.flatMap((pair) => pair.findings.map((finding) => ({ pair, finding })));
  const codes = [...new Set(findings.map(({ finding }) => finding.code))].sort();
  const { word, counts } = checkSummary(document);
  return sarifLog({
    tool: document.tool,
    exitCode: options.exitCode,
    successful: document.errors.length === 0,
    rules: codes.map((code) => rule(code, options.reasons[code], options.docsUrl)),
    results: findings.map(({ pair, finding }) => result(pair, finding, compared)),
    notifications: notifications(document),
    artifacts: [...document.results.map(({ image }) => image.path), ...unreadImages(document)],
    properties: { verdict: document.verdict, summary: `${word}: ${counts}` },
  });
}

function unreadImages({ errors }: CheckDocument): string[] {
  return errors.flatMap(({ image }) => (image === undefined ? [] : [image]));
}

function rule(id: string, { gate, title, meaning, example, remedy }: ReasonText, docsUrl: string | null): SarifRule {
  const printed = example === null ? '' : `runsc prints, for example: \`${example}\`\n\n`;
  return {
    id,
    title,
    meaning,
    help: `${meaning}\n\n${printed}${remedy}`,
    page: docsUrl === null ? null : `${docsUrl}reasons/${id}.md`,
    tags: ['gvisor', 'checkpoint', ...(gate === 'any' ? [] : [gate])],
  };
}

function result({ result: answer, standing }: ShownPair, finding: ShownFinding, compared: boolean): SarifResult {
  const { image, host, verdict, firstFailure, runscError } = answer;
  const { gate, code, level, features, waiver, by } = finding;
  const judged = judgementSentence(finding);
  const said = `${image.path} on ${host.name}: ${gate}: ${findingSentence(finding)}${judged === null ? '' : ` (${judged})`}`;
  return {
    ruleId: code,
    level: levelOf(finding),
    message: said,
    artifact: image.path,
    logical: { name: host.name, kind: 'host' },
    identity: [image.path, host.name, gate, code],
    suppressions: suppressions(finding),
    ...(compared ? { baselineState: by === 'baseline' ? ('unchanged' as const) : ('new' as const) } : {}),
    properties: {
      image: image.path,
      host: host.name,
      gate,
      verdict,
      standing,
      level,
      ...(features.length === 0 ? {} : { features }),
      ...(waiver === null ? {} : { waiver }),
      ...(firstFailure === gate ? { stopsHere: true, runscError } : {}),
    },
  };
}

/** What is undecided is open, unless the policy blocks it. */
function levelOf({ outcome, level }: ShownFinding): SarifResult['level'] {
  if (level === 'block') return 'error';
  if (outcome === 'unknown' || level === 'open') return 'open';
  return level === 'warn' ? 'warning' : 'note';
}

/** @see SARIF 2.1.0, 3.35: a result counts as suppressed when none of its suppressions is rejected or under review */
function suppressions(finding: ShownFinding): SarifResult['suppressions'] {
  const { level, by, waiver } = finding;
  const justification = judgementSentence(finding);
  if (justification === null) return [];
  if (waiver?.expired === true) return [{ status: 'rejected', justification }];
  const accepted = by === 'waiver' || by === 'baseline' || (by === 'rule' && level === 'ignore');
  return accepted ? [{ status: 'accepted', justification }] : [];
}

function notifications({ errors, policy }: CheckDocument): SarifNotification[] {
  return [
    ...errors.map((error): SarifNotification => {
      const { kind, name } = errorSubject(error);
      const artifact = error.image ?? null;
      return { level: 'error', message: `${kind} ${name}: ${error.message}`, id: error.code, artifact };
    }),
    ...(policy?.waivers ?? []).flatMap(({ id, reason, expires, state, findings }): SarifNotification[] =>
      state === 'expired'
        ? [
            {
              level: 'warning',
              message: `the waiver ${id} has expired${expires === null ? '' : ` (${expires})`} and counts no more for ${findings} findings: ${reason}`,
              id: null,
              artifact: null,
            },
          ]
        : [],
    ),
    ...(policy?.notes ?? []).map((message): SarifNotification => ({ level: 'note', message, id: null, artifact: null })),
  ];
}
