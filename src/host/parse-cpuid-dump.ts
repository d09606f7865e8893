/** The raw output of `cpuid` and `kcpuid`. */
import type { CpuidEntry, CpuidTable } from '../cpu/cpuid-table.ts';
import { hostError, quoteLine, type TextLine, textLines } from './host-text.ts';
import { addOmittedZeros } from './kcpuid-omissions.ts';
import { checkedTable, checkLogicalCpus, leafTwice } from './logical-cpus.ts';
import { HIGHEST_SUBLEAF, parseLeafLine } from './parse-leaf-line.ts';

/** CPUID of one logical CPU out of a dump. */
export interface DumpedCpu {
  /** `CPU 3`, or `CPU` where the dump does not number them. */
  readonly label: string;
  readonly table: CpuidTable;
}

export interface CpuidDump {
  readonly tool: 'cpuid' | 'kcpuid';
  /** At least one. */
  readonly cpus: readonly DumpedCpu[];
}

const CPU_HEADER = /^CPU(?: (\d{1,6}))?:$/;
const KCPUID_HEADER = /^(?:(?:Basic|Extended) Leafs ?:|Leafs 0x[0-9a-f]+ ?:|=+)$/;
const KCPUID_SUBLEAVES = /^0x([0-9a-f]{8}): subleafs:$/;
const KCPUID_LINE =
  /^(0x[0-9a-f]{8}|\d{1,5}): EAX=0x([0-9a-f]{8}), EBX=0x([0-9a-f]{8}), ECX=0x([0-9a-f]{8}), EDX=0x([0-9a-f]{8})$/;

/** Whether a line can only come from kcpuid. */
export function isKcpuidLine(line: string): boolean {
  return KCPUID_SUBLEAVES.test(line) || KCPUID_LINE.test(line);
}

/**
 * Parses the output of `cpuid -r` (one section for each logical CPU), `cpuid -1 -r` or `kcpuid -r`.
 *
 * @throws CkptError `bad-host` with the line for anything else in it (a line that is cut off, too), for a leaf or a CPU that comes
 * twice, and for a CPU without leaves 0 and 1; `over-limit` for too many logical CPUs.
 * @see Todd Allen's cpuid; Linux tools/arch/x86/kcpuid/kcpuid.c
 */
export function parseCpuidDump(text: string): CpuidDump {
  const lines = textLines(text);
  return lines.some((line) => isKcpuidLine(line.text)) ? parseKcpuid(lines) : parseCpuid(lines);
}

function parseCpuid(lines: readonly TextLine[]): CpuidDump {
  const cpus = new Map<string, Map<string, CpuidEntry>>();
  let current: Map<string, CpuidEntry> | null = null;
  const open = (label: string, line: number): Map<string, CpuidEntry> => {
    if (cpus.has(label))
      throw hostError('bad-host', line, 'the dump of one host', 'a second dump', 'Give each host its own file');
    const entries = new Map<string, CpuidEntry>();
    cpus.set(label, entries);
    checkLogicalCpus(cpus.size, line);
    return entries;
  };
  for (const line of lines) {
    const header = CPU_HEADER.exec(line.text);
    if (header !== null) {
      current = open(header[1] === undefined ? 'CPU' : `CPU ${Number(header[1])}`, line.number);
      continue;
    }
    const entry = parseLeafLine(line.text);
    if (entry === null) {
      throw hostError(
        'bad-host',
        line.number,
        'a line `0x00000007 0x00: eax=0x… ebx=0x… ecx=0x… edx=0x…`',
        quoteLine(line.text),
        RAW_HINT,
      );
    }
    current ??= open('CPU', line.number);
    addEntry(current, entry, line);
  }
  return { tool: 'cpuid', cpus: [...cpus].map(([label, entries]) => ({ label, table: checkedTable(label, entries, null) })) };
}

/** kcpuid describes one logical CPU. What it leaves out, {@link addOmittedZeros} adds. */
function parseKcpuid(lines: readonly TextLine[]): CpuidDump {
  const entries = new Map<string, CpuidEntry>();
  const opened = new Set<number>();
  let leafOfSubleaves: number | null = null;
  for (const line of lines) {
    if (KCPUID_HEADER.test(line.text)) continue;
    const opening = KCPUID_SUBLEAVES.exec(line.text);
    if (opening?.[1] !== undefined) {
      leafOfSubleaves = Number.parseInt(opening[1], 16);
      opened.add(leafOfSubleaves);
      continue;
    }
    const match = KCPUID_LINE.exec(line.text);
    if (match?.[1] === undefined)
      throw hostError('bad-host', line.number, 'a line `0x00000001: EAX=0x…, EBX=0x…, …` of `kcpuid -r`', quoteLine(line.text));
    const isLeaf = match[1].startsWith('0x');
    const leaf = isLeaf ? Number.parseInt(match[1], 16) : leafOfSubleaves;
    const subleaf = isLeaf ? 0 : Number(match[1]);
    if (leaf === null)
      throw hostError('bad-host', line.number, 'a line `0x…: subleafs:` before the first subleaf', quoteLine(line.text));
    if (subleaf > HIGHEST_SUBLEAF)
      throw hostError('bad-host', line.number, `a subleaf of at most ${HIGHEST_SUBLEAF}`, String(subleaf));
    const [eax, ebx, ecx, edx] = match.slice(2).map((digits) => Number.parseInt(digits, 16));
    addEntry(entries, [leaf, subleaf, eax ?? 0, ebx ?? 0, ecx ?? 0, edx ?? 0], line);
    if (isLeaf) leafOfSubleaves = null;
  }
  addOmittedZeros(entries, opened);
  return { tool: 'kcpuid', cpus: [{ label: 'CPU', table: checkedTable('CPU', entries, null) }] };
}

function addEntry(entries: Map<string, CpuidEntry>, entry: CpuidEntry, line: TextLine): void {
  const key = `${entry[0]}/${entry[1]}`;
  if (entries.has(key)) throw leafTwice(line);
  entries.set(key, entry);
}

const RAW_HINT = 'Make the dump with `cpuid -r` or `cpuid -1 -r` and copy it whole: only the raw form is read';
