/** Host descriptions for tests: raw CPUID of a small invented machine, and the fixture hosts when they are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CpuidEntry } from '../../src/cpu/cpuid-table.ts';

/**
 * An invented GenuineIntel CPU with XSAVE enabled for x87, SSE, AVX (XCR0 7), 64-byte cache lines, no hypervisor, and few features:
 * pni, fma, xsave, osxsave, avx, fpu, tsc, sse, sse2, fsgsbase, avx2, xsaveopt, lahf_lm, lm.
 */
export const SMALL_CPU: readonly CpuidEntry[] = [
  [0x0, 0, 0xd, 0x756e_6547, 0x6c65_746e, 0x4965_6e69],
  [0x1, 0, 0x0003_06c3, 0x0010_0800, 0x1c00_1001, 0x0600_0011],
  [0x4, 0, 0, 0, 0, 0],
  [0x7, 0, 0, 0x0000_0021, 0, 0],
  [0xd, 0, 7, 832, 832, 0],
  [0xd, 1, 1, 0, 0, 0],
  [0x8000_0000, 0, 0x8000_0008, 0, 0, 0],
  [0x8000_0001, 0, 0, 0, 1, 0x2000_0000],
  [0x8000_0008, 0, 0x3027, 0, 0, 0],
];

export const SMALL_CPU_FEATURES = [
  'pni',
  'fma',
  'xsave',
  'osxsave',
  'avx',
  'fpu',
  'tsc',
  'sse',
  'sse2',
  'fsgsbase',
  'avx2',
  'xsaveopt',
  'lahf_lm',
  'lm',
];

/** Entries with some answers replaced. */
export function withAnswers(entries: readonly CpuidEntry[], changed: readonly CpuidEntry[]): CpuidEntry[] {
  const isSame = (a: CpuidEntry, b: CpuidEntry): boolean => a[0] === b[0] && a[1] === b[1];
  return [...entries.filter((entry) => !changed.some((other) => isSame(entry, other))), ...changed];
}

/** A line of `cpuid -r` for each entry. */
export function leafLines(entries: readonly CpuidEntry[]): string {
  return entries.map((entry) => `${leafLine(entry)}\n`).join('');
}

export function leafLine([leaf, subleaf, ...registers]: CpuidEntry): string {
  const [eax, ebx, ecx, edx] = registers.map(word);
  return `${word(leaf)} 0x${subleaf.toString(16).padStart(2, '0')}: eax=${eax} ebx=${ebx} ecx=${ecx} edx=${edx}`;
}

/** The probe's output for a CPU with these answers. */
export function probeText(entries: readonly CpuidEntry[]): string {
  return [
    'ckpt-probe 1',
    'hwcap 0x0000000006000011',
    'pagesize 0x0000000000001000',
    'hwcap2 0x0000000000000002',
    'kernel 6.1.0-test',
    'mxcsrmask 0x0000ffff',
    `${leafLines(entries)}end`,
    '',
  ].join('\n');
}

/** `cpuid -1 -r`. */
export function cpuidText(entries: readonly CpuidEntry[]): string {
  return `CPU:\n${leafLines(entries).replaceAll(/^/gm, '   ').trimEnd()}\n`;
}

/** Folder of the fixture hosts, or null with a warning when they are not beside the project. */
export function fixtureHosts(): { readonly directory: string; readonly names: readonly string[] } | null {
  const directory = join(import.meta.dirname, '../../../shared/fixtures/hosts');
  if (!existsSync(directory)) {
    console.warn(`SKIPPED: there are no fixture hosts at ${directory}`);
    return null;
  }
  return { directory, names: readdirSync(directory).sort() };
}

/** The text of one file of a fixture host, or null when that host has none. */
export function fixtureText(directory: string, host: string, file: string): string | null {
  const path = join(directory, host, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function word(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
