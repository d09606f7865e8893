import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CpuidEntry, CpuidTable } from '../../../src/cpu/cpuid-table.ts';

/** The folder of shared data and fixtures beside the project, which a bare clone does not have. */
export const SHARED = fileURLToPath(new URL('../../../../shared', import.meta.url));

export const HAS_SHARED = existsSync(`${SHARED}/fixtures/hosts`);

if (!HAS_SHARED) console.warn(`SKIPPED: tests that need ${SHARED}, which is not there`);

/** Parses the lines of `cpuid -1 -r`. */
export function parseDump(text: string): CpuidTable {
  const line =
    /^ *0x([0-9a-f]{8}) 0x([0-9a-f]{2}): eax=0x([0-9a-f]{8}) ebx=0x([0-9a-f]{8}) ecx=0x([0-9a-f]{8}) edx=0x([0-9a-f]{8})$/gm;
  const entries: CpuidEntry[] = [];
  for (const match of text.matchAll(line)) {
    const [leaf = 0, subleaf = 0, eax = 0, ebx = 0, ecx = 0, edx = 0] = match.slice(1).map((word) => Number.parseInt(word, 16));
    entries.push([leaf, subleaf, eax, ebx, ecx, edx]);
  }
  return new CpuidTable(entries);
}

/** Every amd64 host of the fixtures: its name, its CPUID answers and what `runsc cpu-features` printed there. */
export function fixtureHosts(): { name: string; table: CpuidTable; features: string[] }[] {
  if (!HAS_SHARED) return [];
  const root = `${SHARED}/fixtures/hosts`;
  return readdirSync(root)
    .filter((name) => existsSync(`${root}/${name}/cpuid.txt`))
    .map((name) => ({
      name,
      table: parseDump(readFileSync(`${root}/${name}/cpuid.txt`, 'utf8')),
      features: readFileSync(`${root}/${name}/cpu-features.txt`, 'utf8').trim().split(','),
    }));
}

/** A table of a host that has everything that gVisor compares, except where `changes` replaces an entry. */
export function fullTable(...changes: CpuidEntry[]): CpuidTable {
  const all = 0xffff_ffff;
  return new CpuidTable([
    [0, 0, 0xd, 0x756e_6547, 0x6c65_746e, 0x4965_6e69],
    [1, 0, 0x0005_0654, 0x0000_0800, all, all],
    [7, 0, 0, all, all, all],
    [0xd, 0, 0xe7, 2432, 2696, 0],
    [0xd, 1, all, 0, 0, 0],
    [0x8000_0000, 0, 0x8000_0008, 0, 0, 0],
    [0x8000_0001, 0, 0, 0, all, all],
    ...changes,
  ]);
}

/** The same table without one entry. */
export function withoutLeaf(table: CpuidTable, leaf: number, subleaf = 0): CpuidTable {
  return new CpuidTable(table.entries.filter((entry) => entry[0] !== leaf || entry[1] !== subleaf));
}
