/** The answer of `check` as a JUnit report: a suite for each image, a test for each host. */
import type { CheckDocument, CheckError } from '../restore/result.ts';
import type { OnUnknown } from '../restore/verdict.ts';
import {
  type FindingTables,
  findingSentence,
  findingText,
  judgementSentence,
  type ShownFinding,
  type ShownPair,
  shownPairs,
} from './check-findings.ts';
import { errorSubject } from './check-words.ts';
import { type JunitCase, type JunitOutcome, type JunitSuite, junitXml } from './junit.ts';

export interface CheckJunitOptions extends Pick<FindingTables, 'findingsOf'> {
  /** What an undecided pair means: `fail` makes it an error, anything else a skipped test; it never passes. */
  readonly onUnknown: OnUnknown;
}

/** The report in pieces. Inputs other than images that could not be read are a suite of their own. */
export function checkJunit(document: CheckDocument, options: CheckJunitOptions): Iterable<string> {
  const suites = new Map<string, JunitCase[]>();
  const suite = (image: string): JunitCase[] => {
    const known = suites.get(image) ?? [];
    suites.set(image, known);
    return known;
  };
  for (const pair of shownPairs(document, options.findingsOf)) {
    const { image, host } = pair.result;
    suite(image.path).push({ classname: image.path, name: host.name, outcome: outcomeOf(pair, options) });
  }
  const others: JunitCase[] = [];
  for (const error of document.errors) {
    const { kind, name } = errorSubject(error);
    const into = error.image === undefined ? others : suite(error.image);
    const named = error.image === undefined ? { classname: kind, name } : { classname: name, name: 'readable' };
    into.push({ ...named, outcome: errorOutcome(error) });
  }
  const named = [...suites].map(([name, cases]): JunitSuite => ({ name, properties: properties(document), cases }));
  return junitXml(others.length === 0 ? named : [...named, { name: 'inputs', properties: properties(document), cases: others }]);
}

function properties({ tool }: CheckDocument): JunitSuite['properties'] {
  return [[tool.name, tool.version]];
}

function errorOutcome({ code, message }: CheckError): JunitOutcome {
  return { kind: 'error', message, type: code, lines: [`${message} [${code}]`] };
}

function outcomeOf(pair: ShownPair, { onUnknown }: CheckJunitOptions): JunitOutcome {
  const { standing, result, findings } = pair;
  if (standing === 'pass') return { kind: 'passed' };
  const { verdict, firstFailure } = result;
  const [first] = findings;
  if (standing === 'fail') {
    // Where the policy lets pass what runsc would stop at first, something else blocks.
    const blocking = findings.filter(({ level }) => level === 'block');
    const worst = blocking.find(({ gate }) => gate === firstFailure) ?? blocking[0] ?? first;
    return { kind: 'failure', type: worst?.gate ?? firstFailure ?? verdict, ...told(pair, worst) };
  }
  if (standing === 'open') {
    const worst = findings.find(({ level }) => level === 'open') ?? first;
    const { message, lines } = told(pair, worst);
    return onUnknown === 'fail'
      ? { kind: 'error', type: 'unknown', message: `undecided: ${message}`, lines }
      : { kind: 'skipped', message: `undecided: ${message}` };
  }
  const judged = findings.map(judgementSentence).filter((sentence) => sentence !== null);
  const why = judged.length === 0 ? '' : ` (${[...new Set(judged)].join('; ')})`;
  return { kind: 'skipped', message: `${verdict}, ${standing === 'warn' ? 'a warning' : 'accepted'} by the policy${why}` };
}

function told({ result, findings }: ShownPair, worst: ShownFinding | undefined): { message: string; lines: string[] } {
  const message = worst === undefined ? result.verdict : `${worst.gate}: ${findingSentence(worst, 12)}`;
  return {
    message,
    lines: [
      `${result.image.path} on ${result.host.name}: ${result.verdict}`,
      ...(result.runscError === null ? [] : [`runsc prints: ${result.runscError}`]),
      ...findings.map((finding) => findingText(finding)),
      ...result.advice.map(
        ({ code, message: text, setting }) => `* ${text} [${code}]${setting === undefined ? '' : `: ${setting}`}`,
      ),
    ],
  };
}
