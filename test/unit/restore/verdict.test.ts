import { describe, expect, it } from 'vitest';
import type { CheckError, CheckResult, GateResult, Verdict } from '../../../src/restore/result.ts';
import { documentVerdict, exitCodeOf, requireGates, verdictOf } from '../../../src/restore/verdict.ts';

const ERROR: CheckError = { image: 'x', code: 'truncated', message: 'm', layer: 'wire' };
const results = (...verdicts: Verdict[]) => verdicts.map((verdict) => ({ verdict }) as CheckResult);

describe('verdictOf', () => {
  it('is blocked by one failure, open by one unknown, and ignores gates that do not count', () => {
    expect(verdictOf(['pass', 'not-applicable', 'not-checked'])).toBe('restorable');
    expect(verdictOf(['pass', 'unknown'])).toBe('unknown');
    expect(verdictOf(['unknown', 'fail', 'pass'])).toBe('blocked');
    expect(verdictOf([])).toBe('restorable');
  });
});

describe('documentVerdict and exitCodeOf', () => {
  it.each([
    [results('restorable'), [], 'restorable', [0, 0, 0]],
    [results('restorable', 'unknown'), [], 'unknown', [4, 0, 0]],
    [results('unknown', 'blocked'), [], 'blocked', [1, 1, 1]],
    [results('restorable'), [ERROR], 'unknown', [3, 3, 3]],
    [results('blocked'), [ERROR], 'blocked', [3, 3, 3]],
    [[], [], 'unknown', [4, 0, 0]],
    [[], [ERROR], 'unknown', [3, 3, 3]],
  ] as const)('%#', (list, errors, verdict, [fail, warn, pass]) => {
    expect(documentVerdict(list, errors)).toBe(verdict);
    const document = { results: list, errors };
    expect([exitCodeOf(document), exitCodeOf(document, 'warn'), exitCodeOf(document, 'pass')]).toEqual([fail, warn, pass]);
  });
});

describe('requireGates', () => {
  it('turns a gate that was not checked into unknown', () => {
    const gates: GateResult[] = [
      { id: 'runsc-version', outcome: 'not-checked', reasons: [] },
      { id: 'page-size', outcome: 'pass', reasons: [] },
      { id: 'cache-line', outcome: 'not-applicable', reasons: [] },
    ];
    expect(requireGates(gates, ['runsc-version', 'page-size', 'cache-line']).map((gate) => gate.outcome)).toEqual([
      'unknown',
      'pass',
      'not-applicable',
    ]);
    expect(requireGates(gates, []).map((gate) => gate.outcome)).toEqual(['not-checked', 'pass', 'not-applicable']);
  });
});
