/** CPUID dumps of InstLatX64 and AIDA64. */
import type { CpuidEntry } from '../cpu/cpuid-table.ts';
import { hostError, quoteLine, type TextLine, textLines } from './host-text.ts';
import { checkedTable, checkLogicalCpus, leafTwice } from './logical-cpus.ts';
import type { DumpedCpu } from './parse-cpuid-dump.ts';

export interface Instlatx64Dump {
  /** At least one. */
  readonly cpus: readonly DumpedCpu[];
  /** The operating system that the dump names, or null. */
  readonly system: string | null;
}

/** `CPUID 00000007: 00000001-F1BF97AB-19415FCE-10000110 [SL 00] [text]`: EAX, EBX, ECX, EDX. Older dumps have other separators. */
const LINE =
  /^CPUID ([0-9a-f]{8})(?:\s*:\s*|\s+)([0-9a-f]{8})[- ]([0-9a-f]{8})[- ]([0-9a-f]{8})[- ]([0-9a-f]{8})(?:\s+\[SL ([0-9a-f]{2})\])?(?:\s|$)/i;
/** What can only be such a line, cut off or broken; `CPUID Manufacturer: …` and `CPUID CPU Name: …` are not. */
const BROKEN_LINE = /^CPUID\s+[0-9a-f]{1,8}(?=[:\s]|$)/i;
const HEADER = /^(?:-+\[.{0,80}Logical CPU #(\d{1,6}) ?\]-+|CPU#(\d{1,6}) AffMask|CPU (\d{1,6}):$)/;
const SYSTEM = /^Windows Version\s*: (\S.{0,120})$/;

/** Leaves whose subleaves count up from 0 without a gap, so that their order numbers them where `[SL nn]` is not written. */
const CONTIGUOUS: ReadonlySet<number> = new Set([4, 7, 0xb, 0x8000_001d]);
/** Of other leaves the first two lines are subleaves 0 and 1; the ones behind may be any. */
const CERTAIN_SUBLEAVES = 2;

/**
 * Parses a dump: lines `CPUID …`, one group for each logical CPU, with any other text around them.
 *
 * A logical CPU begins where leaf 0 comes again.
 *
 * @throws CkptError `bad-host` with the line for a line `CPUID …` that is cut off, for a leaf that comes twice with different answers, and
 * for a CPU without leaves 0 and 1; `over-limit` for too many logical CPUs
 */
export function parseInstlatx64(text: string): Instlatx64Dump {
  const drafts: Draft[] = [];
  let label: string | null = null;
  let system: string | null = null;
  for (const line of textLines(text)) {
    const header = HEADER.exec(line.text);
    if (header !== null) {
      label = `CPU ${Number(header[1] ?? header[2] ?? header[3])}`;
      continue;
    }
    const answer = answerOf(line);
    if (answer === null) {
      system ??= SYSTEM.exec(line.text)?.[1] ?? null;
      continue;
    }
    let current = drafts.at(-1);
    if (current === undefined || (answer.leaf === 0 && current.entries.has('0/0'))) {
      current = { label: label ?? `CPU ${drafts.length}`, line: line.number, entries: new Map(), counts: new Map() };
      drafts.push(current);
      checkLogicalCpus(drafts.length, line.number);
      label = null;
    }
    add(current, answer, line);
  }
  return { cpus: drafts.map(({ label, line, entries }) => ({ label, table: checkedTable(label, entries, line) })), system };
}

interface Draft {
  readonly label: string;
  readonly line: number;
  readonly entries: Map<string, CpuidEntry>;
  /** Lines of each leaf so far. */
  readonly counts: Map<number, number>;
}

interface Answer {
  readonly leaf: number;
  /** Null where the line does not say. */
  readonly subleaf: number | null;
  readonly registers: readonly [number, number, number, number];
}

function answerOf(line: TextLine): Answer | null {
  const match = LINE.exec(line.text);
  if (match === null) {
    if (!BROKEN_LINE.test(line.text)) return null;
    throw hostError(
      'bad-host',
      line.number,
      'a line `CPUID 00000007: 00000000-219C91A9-00000000-9C000400`',
      quoteLine(line.text),
      'The file may be cut off: copy it whole',
    );
  }
  const number = (group: number): number => Number.parseInt(match[group] ?? '', 16);
  return {
    leaf: number(1),
    subleaf: match[6] === undefined ? null : number(6),
    registers: [number(2), number(3), number(4), number(5)],
  };
}

function add(draft: Draft, { leaf, subleaf, registers }: Answer, line: TextLine): void {
  const count = draft.counts.get(leaf) ?? 0;
  draft.counts.set(leaf, count + 1);
  if (subleaf === null && count >= CERTAIN_SUBLEAVES && !CONTIGUOUS.has(leaf)) return;
  const entry: CpuidEntry = [leaf, subleaf ?? count, ...registers];
  const key = `${leaf}/${entry[1]}`;
  const before = draft.entries.get(key);
  if (before?.some((value, index) => value !== entry[index])) {
    throw leafTwice(line);
  }
  draft.entries.set(key, entry);
}
