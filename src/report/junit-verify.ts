/** A verification as a JUnit report: a suite for each image, a test for each check. */
import type { Check } from '../verification/check.ts';
import type { VerifyDocument } from '../verify.ts';
import { type JunitOutcome, junitXml } from './junit.ts';
import { damagedChecks } from './verify-findings.ts';

/** The report in pieces. A check that could not be made is skipped. */
export function verifyJunit(document: VerifyDocument): Iterable<string> {
  const damaged = new Map(damagedChecks(document).map(({ check, sentence, lines }) => [check, { sentence, lines }]));
  const outcomeOf = (check: Check): JunitOutcome => {
    const damage = damaged.get(check);
    if (damage !== undefined) return { kind: 'failure', type: check.id, message: damage.sentence, lines: damage.lines };
    return check.outcome === 'ok' ? { kind: 'passed' } : { kind: 'skipped', message: check.message };
  };
  return junitXml(
    document.images.map(({ path, checks }) => ({
      name: path,
      properties: [],
      cases: [
        ...document.errors
          .filter(({ image }) => image === path)
          .map(({ code, message }) => ({
            classname: path,
            name: 'readable',
            outcome: { kind: 'error', message, type: code, lines: [`${message} [${code}]`] } as const,
          })),
        ...checks.map((check) => ({ classname: path, name: check.id, outcome: outcomeOf(check) })),
      ],
    })),
  );
}
