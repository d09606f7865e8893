/** Reads a log line by line and says what it means. */
import type { Arch } from '../cpu/feature.ts';
import { REASONS } from '../restore/reasons.ts';
import { parseRunscVersion, placeInReleases } from '../restore/runsc-version.ts';
import { codeRef } from './code-ref.ts';
import { adviceFor } from './finding-advice.ts';
import type { FieldDifference, LogFinding } from './log-finding.ts';
import { readLogLine } from './log-line.ts';
import type { LogPattern, LogRole, PatternText } from './log-pattern.ts';
import { type LineMatch, matchLine } from './match-line.ts';
import { namedFeatures, namedState } from './named-features.ts';
import { witnessCauses } from './possible-causes.ts';

/** Messages that differ in what they name and are told one by one; a log of a loop has few. */
const MOST_FINDINGS = 100;
/** Lines of one message that are numbered. */
const MOST_LINES = 20;
/** Lines that look like errors and are not known, that are shown. */
const MOST_UNKNOWN = 20;
/** Characters of a message, and of a line that is not understood, that are kept. */
const LONGEST_MESSAGE = 4096;
const LONGEST_UNKNOWN = 500;
/** Of a short text every line counts that is not understood, also one that does not look like an error. */
const SHORT_LOG = 50;

/** Of no interest once all containers of an image have been handed over. */
const WAITING = 'containers-restored';

/** A line that was not understood. */
export interface UnknownLine {
  readonly line: number;
  readonly text: string;
}

/** What a log says. */
export interface LogReading {
  /** Lines of the log. */
  readonly lines: number;
  /** Versions of runsc that the log names, in the order in which they come. */
  readonly versions: readonly string[];
  /** The cause of the failure (an index into `findings`), or null when none of the known conditions is in the log. */
  readonly rootCause: number | null;
  /** Causes first, by the order in which runsc comes to them; then what only says that the sandbox died; then notes. */
  readonly findings: readonly LogFinding[];
  /** Messages over the ceiling that are not listed. */
  readonly unlisted: number;
  /** Lines that look like errors and are not known: the first of them, and how many there are. */
  readonly notUnderstood: { readonly count: number; readonly first: readonly UnknownLine[] };
}

/** Takes the lines of a log one by one, in order. */
export interface LogReader {
  readonly add: (line: string) => void;
  readonly finish: () => LogReading;
}

interface Draft {
  readonly match: LineMatch;
  readonly lines: number[];
  count: number;
}

export function createLogReader(): LogReader {
  const drafts = new Map<string, Draft>();
  const versions = new Set<string>();
  const unknown: UnknownLine[] = [];
  const quiet: UnknownLine[] = [];
  const witness = witnessCauses();
  let arch: Arch | null = null;
  let unknownCount = 0;
  let unlisted = 0;
  let number = 0;
  let complete = false;

  const add = (raw: string): void => {
    number++;
    witness.look(raw, number);
    const line = readLogLine(raw);
    if (line === null) return;
    const build = buildOf(line.texts[0] ?? '');
    if (build !== null) {
      if (versions.size < MOST_LINES) versions.add(build.version);
      arch = build.arch ?? arch;
    }
    const matches = matchLine(line.texts);
    for (const match of matches) {
      if (match.pattern.id === WAITING && match.parts['done'] === match.parts['total']) complete = true;
      const key = `${match.pattern.id} ${match.text.slice(0, LONGEST_MESSAGE)}`;
      const draft = drafts.get(key);
      if (draft !== undefined) {
        draft.count++;
        if (draft.lines.length < MOST_LINES) draft.lines.push(number);
      } else if (drafts.size < MOST_FINDINGS) drafts.set(key, { match, lines: [number], count: 1 });
      else unlisted++;
    }
    if (matches.length > 0) return;
    const entry = { line: number, text: raw.trim().slice(0, LONGEST_UNKNOWN) };
    if (line.alarming) {
      unknownCount++;
      if (unknown.length < MOST_UNKNOWN) unknown.push(entry);
    } else if (quiet.length < SHORT_LOG) quiet.push(entry);
  };

  const finish = (): LogReading => {
    const findings = ranked(
      [...drafts.values()]
        .filter(({ match }) => !(complete && match.pattern.id === WAITING))
        .map((draft) => findingOf(draft, arch, [...versions])),
    );
    const [first] = findings;
    const rootCause = first?.role === 'cause' ? 0 : null;
    const short = number <= SHORT_LOG;
    return {
      lines: number,
      versions: [...versions],
      rootCause,
      findings: findings.map((finding) =>
        finding.role === 'death' && rootCause === null ? { ...finding, possibleCauses: witness.causes([...versions]) } : finding,
      ),
      unlisted,
      notUnderstood: {
        count: unknownCount + (short ? quiet.length : 0),
        first: (short ? [...unknown, ...quiet].sort((a, b) => a.line - b.line) : unknown).slice(0, MOST_UNKNOWN),
      },
    };
  };
  return { add, finish };
}

/** `Version release-20260817.0, go1.26.0, amd64, 2 CPUs, …`, as runsc begins its debug log, and `runsc version …`. */
function buildOf(text: string): { readonly version: string; readonly arch: Arch | null } | null {
  const match = /^(?:Version|runsc version) ([\w.~+-]{3,80})(?:, go[^,]{0,80}, (amd64|arm64),)?/.exec(text);
  if (match === null) return null;
  const arch = match[2];
  return { version: match[1] ?? '', arch: arch === 'amd64' || arch === 'arm64' ? arch : null };
}

const ROLE_ORDER = { cause: 0, death: 1, note: 2 } as const;

function ranked(findings: readonly LogFinding[]): LogFinding[] {
  const order = ({ order }: LogFinding): number => order ?? Number.POSITIVE_INFINITY;
  const line = ({ lines }: LogFinding): number => lines[0] ?? 0;
  return [...findings].sort(
    (a, b) => ROLE_ORDER[a.role] - ROLE_ORDER[b.role] || compare(order(a), order(b)) || line(a) - line(b),
  );
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function findingOf({ match, lines, count }: Draft, arch: Arch | null, versions: readonly string[]): LogFinding {
  const { pattern, parts } = match;
  const text = textOf(pattern);
  const features = parts['features'] === undefined ? null : namedFeatures(parts['features'], arch);
  const state =
    parts['supported'] === undefined || parts['saved'] === undefined ? null : namedState(parts['supported'], parts['saved']);
  return {
    id: pattern.id,
    role: roleOf(pattern, versions),
    title: text.title,
    gate: pattern.gate,
    order: pattern.order,
    codes: pattern.codes.map(codeRef),
    releases: { from: pattern.from ?? null, to: pattern.to ?? null },
    lines,
    count,
    message: match.text.slice(0, LONGEST_MESSAGE),
    parts: Object.entries(parts).map(([name, value]) => ({ name, value, meaning: pattern.parts?.[name] ?? '' })),
    features,
    state,
    fields: fieldDifference(parts),
    meaning: text.meaning,
    remedy: adviceFor(pattern.id, parts, features, state) ?? text.remedy,
    possibleCauses: [],
    source: pattern.source,
  };
}

/** A message that means something in some releases only is no cause where the log names others. */
function roleOf({ role, outside, from, to }: LogPattern, versions: readonly string[]): LogRole {
  const known = versions.flatMap((version) => parseRunscVersion(version) ?? []);
  if (outside === undefined || from === undefined || to === undefined || known.length === 0) return role;
  return known.some((version) => placeInReleases(version, from, to) !== 'outside') ? role : outside;
}

/** The names on one side only; null where the message holds no two lists. The releases are for a caller that has their history. */
function fieldDifference({ running, saved, type }: Readonly<Record<string, string>>): FieldDifference | null {
  if (running === undefined || saved === undefined || type === undefined) return null;
  const [runsc, image] = [new Set(running.split(' ')), new Set(saved.split(' '))];
  return {
    onlyInImage: [...image].filter((field) => field !== '' && !runsc.has(field)),
    onlyInRunsc: [...runsc].filter((field) => field !== '' && !image.has(field)),
    imageReleases: [],
    runscReleases: [],
  };
}

function textOf({ id, text, codes }: LogPattern): PatternText {
  const [code] = codes;
  if (text !== undefined) return text;
  if (code === undefined) throw new Error(`the pattern ${id} has neither a text nor a code`);
  return REASONS[code];
}
