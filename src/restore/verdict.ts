/** From outcomes to verdicts, and from verdicts to an exit code. */
import type { ReasonCode } from './reasons.ts';
import type { CheckDocument, CheckError, CheckResult, GateId, GateOutcome, GateResult, Verdict } from './result.ts';

/** What an `unknown` verdict does to the exit code (`--on-unknown`). */
export type OnUnknown = 'fail' | 'warn' | 'pass';

/** Exit codes of `check`, as in docs/output.md. */
export type CheckExitCode = 0 | 1 | 3 | 4;

/** The verdict over gates: one failing gate blocks; one unknown gate leaves it open; gates that were not checked do not count. */
export function verdictOf(outcomes: Iterable<GateOutcome>): Verdict {
  let verdict: Verdict = 'restorable';
  for (const outcome of outcomes) {
    if (outcome === 'fail') return 'blocked';
    if (outcome === 'unknown') verdict = 'unknown';
  }
  return verdict;
}

/** The verdict over all pairs: `unknown` also when an input could not be read, or when there was nothing to answer. */
export function documentVerdict(results: readonly Pick<CheckResult, 'verdict'>[], errors: readonly CheckError[]): Verdict {
  if (results.some((result) => result.verdict === 'blocked')) return 'blocked';
  const open = results.length === 0 || errors.length > 0 || results.some((result) => result.verdict === 'unknown');
  return open ? 'unknown' : 'restorable';
}

/**
 * The exit code of a document: 3 when an input could not be read, else 1 when a pair is blocked, else 4 when one is open, else 0. Where a
 * policy was given, its outcome counts in place of the verdict.
 */
export function exitCodeOf(
  document: Pick<CheckDocument, 'results' | 'errors' | 'policy'>,
  onUnknown: OnUnknown = 'fail',
): CheckExitCode {
  if (document.errors.length > 0) return 3;
  if (document.policy !== undefined) {
    const { outcome } = document.policy;
    if (outcome === 'fail') return 1;
    return outcome === 'open' && onUnknown === 'fail' ? 4 : 0;
  }
  const verdict = documentVerdict(document.results, document.errors);
  if (verdict === 'blocked') return 1;
  return verdict === 'unknown' && onUnknown === 'fail' ? 4 : 0;
}

/**
 * Holds gates to a real answer (`--require`): one that was not checked, or that passed on an assumption, becomes
 * `unknown`.
 */
export function requireGates(gates: readonly GateResult[], required: Iterable<GateId>): GateResult[] {
  const wanted = new Set(required);
  return gates.map((gate) => (wanted.has(gate.id) && isUnproven(gate) ? { ...gate, outcome: 'unknown' } : gate));
}

function isUnproven(gate: GateResult): boolean {
  if (gate.outcome === 'not-checked') return true;
  return gate.outcome === 'pass' && gate.reasons.some(({ code }) => ASSUMPTIONS.has(code));
}

/** Reasons with which a gate passes on an assumption. */
export const ASSUMPTIONS: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1306',
  'CKPT1355',
  'CKPT1367',
  'CKPT1377',
  'CKPT1402',
  'CKPT1753',
  'CKPT1912',
]);
