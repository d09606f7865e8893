/** What a policy makes of the answers of `check`. The verdicts stay as they are: runsc knows no policies. */
import type { DocumentPolicy, Finding, JudgedFinding, PairPolicy } from '../restore/finding.ts';
import { findingsOf } from '../restore/findings.ts';
import type { CheckDocument, CheckResult, GateId } from '../restore/result.ts';
import { type AcceptedFindings, acceptedFinding, answeredPairs, findingKey, type PolicyNames } from './accepted-findings.ts';
import type { Rule, Selector, WaiverRule } from './config.ts';

/** Rules, waivers and accepted findings. */
export interface Policy extends PolicyNames {
  /** The configuration file as it is shown, or null. */
  readonly config: string | null;
  readonly rules: readonly Rule[];
  readonly waivers: readonly WaiverRule[];
  /** Null: there is no file of them. */
  readonly accepted: AcceptedFindings | null;
  /** Gates that must be answered. */
  readonly require: readonly GateId[];
}

/** A waiver that ends within this many days is told of. */
const SOON = 14;
const DAY = 86_400_000;

/**
 * The document with what the policy makes of every pair.
 *
 * A finding has the level of its outcome (`fail` blocks, `unknown` is open), unless the first rule that fits says otherwise. What then
 * blocks or is open can be taken away by the first waiver that fits and has not expired, or by the file of accepted findings. Where the only
 * waivers that fit have expired, it blocks.
 *
 * @param today YYYY-MM-DD, UTC: the last day on which a waiver counts is the one that it names
 */
export function judgeFindings(document: CheckDocument, policy: Policy, today: string): CheckDocument {
  const usage: Usage = { waivers: new Map(), rules: new Set(), accepted: new Set() };
  const results = document.results.map((result) => ({ ...result, policy: pairPolicy(result, policy, today, usage) }));
  return { ...document, results, policy: documentPolicy({ ...document, results }, policy, today, usage) };
}

/** What was of use. */
interface Usage {
  readonly waivers: Map<WaiverRule, number>;
  readonly rules: Set<Rule>;
  readonly accepted: Set<string>;
}

function pairPolicy(result: CheckResult, policy: Policy, today: string, usage: Usage): PairPolicy {
  const findings = findingsOf(result, policy.require).map((finding) => judge(result, finding, policy, today, usage));
  return { outcome: outcomeOf(findings), findings };
}

function judge(result: CheckResult, finding: Finding, policy: Policy, today: string, usage: Usage): JudgedFinding {
  const rule = policy.rules.find(({ selector }) => fits(selector, result, finding, policy)) ?? null;
  if (rule !== null) usage.rules.add(rule);
  const level = rule?.action ?? (finding.outcome === 'fail' ? 'block' : 'open');
  const by = rule === null ? 'outcome' : 'rule';
  if (level === 'warn' || level === 'ignore') return { ...finding, level, by, waiver: null };
  const fitting = policy.waivers.filter(({ selector }) => fits(selector, result, finding, policy));
  const waiver = fitting.find((one) => !isExpired(one, today)) ?? fitting[0];
  if (waiver !== undefined) {
    usage.waivers.set(waiver, (usage.waivers.get(waiver) ?? 0) + 1);
    const { id, reason, owner, expires } = waiver;
    const expired = isExpired(waiver, today);
    const told = { id, reason, owner, expires, expired };
    return { ...finding, level: expired ? 'block' : 'ignore', by: 'waiver', waiver: told };
  }
  const key = findingKey(acceptedFinding(result, finding, policy));
  if (policy.accepted?.has(key) === true) {
    usage.accepted.add(key);
    return { ...finding, level: 'ignore', by: 'baseline', waiver: null };
  }
  return { ...finding, level, by, waiver: null };
}

function isExpired({ expires }: WaiverRule, today: string): boolean {
  return expires !== null && expires < today;
}

function fits(selector: Selector, { image, host }: CheckResult, finding: Finding, { imageName, hostName }: Policy): boolean {
  return (
    (selector.gates?.includes(finding.gate) ?? true) &&
    (selector.codes?.includes(finding.code) ?? true) &&
    (selector.features === null || (finding.feature !== null && selector.features.includes(finding.feature))) &&
    (selector.impacts === null || (finding.impact !== null && selector.impacts.includes(finding.impact))) &&
    (selector.outcomes?.includes(finding.outcome) ?? true) &&
    (selector.images?.(imageName(image.path)) ?? true) &&
    (selector.hosts?.(hostName(host.name)) ?? true)
  );
}

function outcomeOf(findings: readonly Pick<JudgedFinding, 'level'>[]): PairPolicy['outcome'] {
  const has = (level: JudgedFinding['level']): boolean => findings.some((finding) => finding.level === level);
  return has('block') ? 'fail' : has('open') ? 'open' : has('warn') ? 'warn' : 'pass';
}

/** From the worst. */
const OUTCOMES = ['fail', 'open', 'warn', 'pass'] as const satisfies readonly PairPolicy['outcome'][];

function documentPolicy(
  {
    results,
    errors,
  }: Pick<CheckDocument, 'errors'> & { readonly results: readonly (CheckResult & { readonly policy: PairPolicy })[] },
  policy: Policy,
  today: string,
  usage: Usage,
): DocumentPolicy {
  const outcomes = new Set(results.map((result) => result.policy.outcome));
  return {
    config: policy.config,
    // Without any answer nothing is known to be in order.
    outcome: OUTCOMES.find((outcome) => outcomes.has(outcome)) ?? 'open',
    waivers: policy.waivers.map((waiver) => {
      const findings = usage.waivers.get(waiver) ?? 0;
      const { id, reason, owner, expires } = waiver;
      const state = isExpired(waiver, today) ? 'expired' : findings === 0 ? 'unused' : 'active';
      return { id, reason, owner, expires, state, findings };
    }),
    notes: notesOf(policy, today, usage, answeredPairs({ results, errors }, policy)),
  };
}

function notesOf(policy: Policy, today: string, usage: Usage, answered: ReturnType<typeof answeredPairs>): string[] {
  const soon = new Date(Date.parse(`${today}T00:00:00Z`) + SOON * DAY).toISOString().slice(0, 10);
  const ending = policy.waivers.filter(({ expires }) => expires !== null && expires >= today && expires <= soon);
  const unused = policy.rules.filter((rule) => !usage.rules.has(rule));
  // Nothing is known of those of other images and hosts.
  const stale = [...(policy.accepted ?? [])].filter(([key, finding]) => answered(finding) && !usage.accepted.has(key)).length;
  return [
    ...ending.map(({ id, expires }) => `the waiver ${id} ends on ${expires}`),
    ...unused.map(({ place }) => `the rule at ${place} fits no finding`),
    ...(stale === 0
      ? []
      : [`${stale} accepted ${stale === 1 ? 'finding is' : 'findings are'} gone: --baseline-write removes them from the file`]),
  ];
}
