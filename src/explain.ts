/** `ckpt explain`: what a CPU feature, a code, or the log of runsc means. */

import type { Answer, LogAnswer, NameAnswer, UnknownAnswer } from './explanation/answer.ts';
import { explainName, nearNames } from './explanation/explain-name.ts';
import type { FieldDifference, LogFinding, ReleaseRange } from './explanation/log-finding.ts';
import { createLogReader, type LogReading } from './explanation/read-log.ts';
import { pathKind } from './io/file-source.ts';
import { openLog } from './io/text-lines.ts';
import { listsOf, loadSchemaHistory, type SchemaHistory, sameFields } from './kernel/types/schema-history.ts';
import { TOOL } from './tool.ts';

/** What `ckpt explain --json` prints. */
export interface ExplainDocument {
  readonly schema: 'ckpt/explain@1';
  readonly tool: typeof TOOL;
  /** In the order in which they were asked for; files come last. */
  readonly answers: readonly Answer[];
}

/** Words of one argument that are looked up one by one. */
const MOST_WORDS = 1000;
/** Paths are shorter. */
const LONGEST_PATH = 4096;

/**
 * Explains names and lines of logs, and whole logs.
 *
 * @param things names (of features in any spelling, codes, gates), lines of a log, or `-` for a log on standard input
 * @param files logs, read line by line; `-` is standard input. With one of them, things that are nothing else but files are logs too
 * @throws CkptError `not-found`, `permission-denied`, `not-a-regular-file`, `io-error`, `unknown-format` for a file that is no text
 */
export async function explain(things: readonly string[], files: readonly string[] = []): Promise<ExplainDocument> {
  const answers: Answer[] = [];
  // What a shell makes of `--file logs/*`.
  const more = files.length === 0 ? [] : things.filter((thing) => thing !== '-' && explainName(thing) === null && isFile(thing));
  const named = things.filter((thing) => !more.includes(thing));
  for (const thing of named) answers.push(...(thing === '-' ? [await explainLog('-')] : await explainThing(thing)));
  for (const file of new Set([...files, ...more])) answers.push(await explainLog(file));
  return { schema: 'ckpt/explain@1', tool: TOOL, answers: await unquoted(answers, named) };
}

async function explainThing(thing: string): Promise<Answer[]> {
  const answer = explainName(thing);
  if (answer !== null) return [answer];
  const words = thing
    .trim()
    .split(/[\s,]+/, MOST_WORDS)
    .filter((word) => word !== '');
  if (words.length > 1) {
    const all = words.map(explainName);
    if (all.every((one): one is NameAnswer => one !== null)) return all;
  }
  const reading = await read(thing.split('\n'));
  return words.length > 1 || reading.findings.length > 0 ? [{ kind: 'log', source: null, ...reading }] : [unknown(thing)];
}

function unknown(given: string): UnknownAnswer {
  const near = nearNames(given);
  return {
    kind: 'unknown',
    given,
    near,
    hint: /^CKPT\d/i.test(given)
      ? 'docs/reasons/README.md lists every code.'
      : isFile(given)
        ? `There is a file of that name. To have it read: ckpt explain --file ${given}`
        : null,
  };
}

function isFile(name: string): boolean {
  if (name.length > LONGEST_PATH || name.includes('\0')) return false;
  try {
    return pathKind(name) !== 'missing';
  } catch {
    return false;
  }
}

/** A line without quotes around it comes as many words, of which hardly one is known: it is read as what it is. */
async function unquoted(answers: readonly Answer[], things: readonly string[]): Promise<readonly Answer[]> {
  const strange = answers.filter(({ kind }) => kind === 'unknown').length;
  if (things.length < 3 || strange * 2 < things.length || things.includes('-')) return answers;
  const reading = await read(things.join(' ').split('\n'));
  if (reading.findings.length === 0) return answers;
  return [
    { kind: 'log', source: null, ...reading },
    ...answers.filter((answer) => answer.kind === 'log' && answer.source !== null),
  ];
}

async function explainLog(path: string): Promise<LogAnswer> {
  const log = await openLog(path);
  try {
    return { kind: 'log', source: path, ...(await read(log.lines)) };
  } finally {
    await log.close();
  }
}

async function read(lines: AsyncIterable<string> | readonly string[]): Promise<LogReading> {
  const reader = createLogReader();
  for await (const line of lines) reader.add(line);
  const reading = reader.finish();
  if (!reading.findings.some(({ fields }) => fields !== null)) return reading;
  const history = await loadSchemaHistory();
  return { ...reading, findings: reading.findings.map((finding) => withReleases(finding, history)) };
}

function withReleases(finding: LogFinding, history: SchemaHistory): LogFinding {
  if (finding.fields === null) return finding;
  const part = (name: string): string => finding.parts.find((one) => one.name === name)?.value ?? '';
  const ranges = (fields: string): ReleaseRange[] =>
    rangesOf(
      history,
      part('type'),
      fields.split(' ').filter((field) => field !== ''),
    );
  const fields: FieldDifference = {
    ...finding.fields,
    imageReleases: ranges(part('saved')),
    runscReleases: ranges(part('running')),
  };
  return { ...finding, fields };
}

function rangesOf(history: SchemaHistory, type: string, fields: readonly string[]): ReleaseRange[] {
  for (const arch of ['amd64', 'arm64'] as const) {
    const lists = listsOf(history, type, arch) ?? [];
    const ranges = lists.flatMap(([first, list], index): ReleaseRange[] => {
      const from = history.releases[first];
      if (list === null || from === undefined || !sameFields(list, fields)) return [];
      const next = lists[index + 1]?.[0];
      return [{ from, to: next === undefined ? null : (history.releases[next - 1] ?? null) }];
    });
    if (ranges.length > 0) return ranges;
  }
  return [];
}

/** Whether everything was answered, and if not, why: a name that nothing knows, or a log with nothing known in it. */
export function explained({ answers }: ExplainDocument): 'yes' | 'unknown-name' | 'unknown-log' {
  if (answers.some(({ kind }) => kind === 'unknown')) return 'unknown-name';
  return answers.some((answer) => answer.kind === 'log' && answer.findings.length === 0) ? 'unknown-log' : 'yes';
}
