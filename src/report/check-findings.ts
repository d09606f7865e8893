/** What the formats for CI show of pairs: how each stands, and its findings, one for each reason. */
import type { Finding, JudgedFinding } from '../restore/finding.ts';
import type { GateId } from '../restore/gate-ids.ts';
import type { ReasonCode, ReasonText } from '../restore/reasons.ts';
import type { CheckDocument, CheckResult, Verdict } from '../restore/result.ts';
import { VERDICT_WORDS } from './check-words.ts';
import { countOf } from './quantities.ts';

/** What the codes mean, and how a result is taken apart; handed in, because reports know types only. */
export interface FindingTables {
  readonly findingsOf: (result: CheckResult) => readonly Finding[];
  readonly reasons: Readonly<Record<ReasonCode, ReasonText>>;
}

/** What a pair does to the exit code, the worst first: `accepted` would not restore, and a waiver, a rule or a baseline takes that. */
export type Standing = 'fail' | 'open' | 'warn' | 'accepted' | 'pass';

/** All findings of a pair that have one reason and one judgement. */
export interface ShownFinding extends Omit<JudgedFinding, 'feature' | 'impact' | 'message'> {
  /** gVisor's names, for reasons that list features. */
  readonly features: readonly string[];
  /** One sentence each; may hold unescaped text of the image. */
  readonly messages: readonly string[];
}

export interface ShownPair {
  readonly result: CheckResult;
  readonly standing: Standing;
  readonly findings: readonly ShownFinding[];
}

/** The pairs in the order of the results. */
export function shownPairs({ results }: Pick<CheckDocument, 'results'>, findingsOf: FindingTables['findingsOf']): ShownPair[] {
  return results.map((result) => ({ result, standing: standingOf(result), findings: shownFindings(result, findingsOf) }));
}

/** How a pair stands: by its policy, else by its verdict. */
export function standingOf({ verdict, policy }: Pick<CheckResult, 'verdict' | 'policy'>): Standing {
  if (policy === undefined) return BY_VERDICT[verdict];
  if (policy.outcome !== 'pass') return policy.outcome;
  return verdict === 'restorable' ? 'pass' : 'accepted';
}

const BY_VERDICT = { blocked: 'fail', unknown: 'open', restorable: 'pass' } as const satisfies Record<Verdict, Standing>;

/** The gate that a matrix names: where runsc would stop, else the first that gives the verdict; null where there is none. */
export function decidingGate({ verdict, gates, firstFailure }: CheckResult): GateId | null {
  if (verdict === 'restorable') return null;
  const wanted = verdict === 'blocked' ? 'fail' : 'unknown';
  return firstFailure ?? gates.find(({ outcome }) => outcome === wanted)?.id ?? null;
}

/** What a matrix says of a pair beside its verdict; empty when nothing. */
export function standingNote(result: Pick<CheckResult, 'verdict' | 'policy'>): string {
  const standing = standingOf(result);
  if (standing === 'warn') return ' (warning)';
  if (standing === 'fail' && result.verdict !== 'blocked') return ' (blocked by policy)';
  if (standing === 'open' && result.verdict === 'blocked') return ' (undecided by policy)';
  if (standing !== 'accepted') return '';
  return result.policy?.findings.every(({ by }) => by === 'waiver') === true ? ' (waived)' : ' (accepted)';
}

function shownFindings(result: CheckResult, findingsOf: FindingTables['findingsOf']): ShownFinding[] {
  const judged = result.policy?.findings ?? findingsOf(result).map(unjudged);
  const groups = new Map<string, { readonly first: JudgedFinding; readonly features: string[]; readonly messages: string[] }>();
  for (const finding of judged) {
    const { gate, code, outcome, level, by, waiver, feature, message } = finding;
    const key = JSON.stringify([gate, code, outcome, level, by, waiver?.id, waiver?.expired]);
    const group = groups.get(key) ?? { first: finding, features: [], messages: [] };
    groups.set(key, group);
    if (feature === null) group.messages.push(message);
    else group.features.push(feature);
  }
  return [...groups.values()].map(({ first: { gate, code, outcome, level, by, waiver }, features, messages }) => ({
    gate,
    code,
    outcome,
    level,
    by,
    waiver,
    features,
    messages,
  }));
}

function unjudged(finding: Finding): JudgedFinding {
  return { ...finding, level: finding.outcome === 'fail' ? 'block' : 'open', by: 'outcome', waiver: null };
}

/** A finding in one sentence without its code; of long lists the first `most`. May hold unescaped text of the image. */
export function findingSentence({ features, messages, outcome }: ShownFinding, most = Number.POSITIVE_INFINITY): string {
  if (features.length === 0) return firstOf(messages, '; ', most);
  const lacks = outcome === 'fail' ? 'the host lacks' : 'it is not known whether the host has';
  return `${lacks} ${countOf(features.length, 'feature')} of the image: ${firstOf(features, ', ', most)}`;
}

/** `gate: sentence [code] (why it does not count as it would)`. May hold unescaped text of the image. */
export function findingText(finding: ShownFinding, most?: number): string {
  const judged = judgementSentence(finding);
  return `${finding.gate}: ${findingSentence(finding, most)} [${finding.code}]${judged === null ? '' : ` (${judged})`}`;
}

function firstOf(words: readonly string[], separator: string, most: number): string {
  if (words.length <= most) return words.join(separator);
  return `${words.slice(0, most).join(separator)} and ${words.length - most} more`;
}

/** Why a finding does not count as it would, or null when nobody says anything of it. */
export function judgementSentence({ level, by, waiver, outcome }: ShownFinding): string | null {
  if (waiver !== null) {
    const { id, reason, owner, expires, expired } = waiver;
    const more = [...(owner === null ? [] : [owner]), ...(expires === null ? [] : [`until ${expires}`])].join(', ');
    const named = more === '' ? id : `${id} (${more})`;
    if (expired) return `the waiver ${named} has expired: ${reason}`;
    if (by === 'waiver') return `waived by ${named}: ${reason}`;
  }
  if (by === 'baseline') return 'accepted in the file of accepted findings';
  if (by === 'rule') return `${RULE_WORDS[level]} by a rule of the policy${outcome === 'unknown' ? ' (undecided)' : ''}`;
  return null;
}

const RULE_WORDS = { block: 'blocked', open: 'left open', warn: 'a warning only', ignore: 'ignored' } as const;

/** Begins with the verdict and what makes it: `BLOCKED  2 of 5 pairs blocked, 3 restorable`. */
export function checkSummary(document: Pick<CheckDocument, 'verdict' | 'results' | 'errors'>): {
  readonly word: string;
  readonly counts: string;
} {
  const { verdict, results, errors } = document;
  const standings = results.map(standingOf);
  const counted = (adjective: string, count: number): string[] => (count === 0 ? [] : [`${count} ${adjective}`]);
  const pairs = [
    ...counted('blocked', results.filter((result) => result.verdict === 'blocked').length),
    ...counted('undecided', results.filter((result) => result.verdict === 'unknown').length),
    ...counted('restorable', results.filter((result) => result.verdict === 'restorable').length),
  ];
  const accepted = standings.filter((standing) => standing === 'accepted').length;
  const warned = results.filter((result, index) => result.policy !== undefined && standings[index] === 'warn').length;
  const parts = [
    `${countOf(results.length, 'pair')}${pairs.length === 0 ? '' : `: ${pairs.join(', ')}`}`,
    ...counted('accepted by the policy', accepted),
    ...counted('with warnings only', warned),
    ...(errors.length === 0 ? [] : [`${countOf(errors.length, 'input')} not readable`]),
  ];
  return { word: VERDICT_WORDS[verdict], counts: parts.join('; ') };
}
