/** JUnit reports, as Ant wrote the first ones and GitLab, Jenkins and others read them. */
import { escapeText } from './escape.ts';

/** How a test came out. Messages may hold anything, and are escaped here. */
export type JunitOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly message: string }
  | {
      readonly kind: 'failure' | 'error';
      /** One line. */
      readonly message: string;
      readonly type: string;
      /** All there is to say. */
      readonly lines: readonly string[];
    };

export interface JunitCase {
  readonly classname: string;
  readonly name: string;
  readonly outcome: JunitOutcome;
}

export interface JunitSuite {
  readonly name: string;
  readonly properties: readonly (readonly [name: string, value: string])[];
  readonly cases: readonly JunitCase[];
}

/**
 * When the tests ran, which the schema demands and a document does not know: reports of the same inputs are the same. No test was timed
 * either.
 */
const NO_TIME = '1970-01-01T00:00:00';

/**
 * The report in pieces, one suite each.
 *
 * @see https://github.com/windyroad/JUnit-Schema, the schema of Ant's reports with its order of elements
 */
export function* junitXml(suites: readonly JunitSuite[]): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n';
  for (const [index, suite] of suites.entries()) yield suiteXml(suite, index);
  yield '</testsuites>\n';
}

function suiteXml({ name, properties, cases }: JunitSuite, index: number): string {
  const count = (kind: JunitOutcome['kind']): number => cases.filter(({ outcome }) => outcome.kind === kind).length;
  const skipped = count('skipped');
  const attributes = [
    ['name', token(name)],
    ['package', 'ckpt'],
    ['id', String(index)],
    ['timestamp', NO_TIME],
    ['hostname', 'localhost'],
    ['tests', String(cases.length)],
    ['failures', String(count('failure'))],
    ['errors', String(count('error'))],
    // The first schema does not have it.
    ...(skipped === 0 ? [] : [['skipped', String(skipped)] as const]),
    ['time', '0'],
  ] as const;
  const told = properties.map(
    ([key, value]) =>
      `      <property${attributesXml([
        ['name', key],
        ['value', oneLine(value)],
      ])}/>\n`,
  );
  return [
    `  <testsuite${attributesXml(attributes)}>\n`,
    told.length === 0 ? '    <properties/>\n' : `    <properties>\n${told.join('')}    </properties>\n`,
    ...cases.map(caseXml),
    '    <system-out/>\n    <system-err/>\n  </testsuite>\n',
  ].join('');
}

function caseXml({ classname, name, outcome }: JunitCase): string {
  const attributes = attributesXml([
    ['classname', token(classname)],
    ['name', token(name)],
    ['time', '0'],
  ]);
  if (outcome.kind === 'passed') return `    <testcase${attributes}/>\n`;
  return `    <testcase${attributes}>\n      ${outcomeXml(outcome)}\n    </testcase>\n`;
}

function outcomeXml(outcome: Exclude<JunitOutcome, { readonly kind: 'passed' }>): string {
  const message = ['message', oneLine(outcome.message)] as const;
  if (outcome.kind === 'skipped') return `<skipped${attributesXml([message])}/>`;
  const text = outcome.lines.map((line) => xmlText(oneLine(line))).join('\n');
  return `<${outcome.kind}${attributesXml([message, ['type', outcome.type]])}>${text}</${outcome.kind}>`;
}

function attributesXml(attributes: readonly (readonly [name: string, value: string])[]): string {
  return attributes.map(([name, value]) => ` ${name}="${xmlText(value)}"`).join('');
}

/** A name that is not empty: some readers drop tests without one. */
function token(name: string): string {
  const text = oneLine(name);
  return text.trim() === '' ? '(no name)' : text;
}

/**
 * Safe to show, and free of what no XML document may hold even as a reference.
 *
 * @see XML 1.0, 2.2 (Char): control characters, surrogates, and U+FFFE and U+FFFF
 */
function oneLine(text: string): string {
  return escapeText(text);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function xmlText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
