/** A host out of raw CPUID. */
import type { CpuidTable } from '../cpu/cpuid-table.ts';
import { identityOfCpuid } from '../cpu/identity.ts';
import { agreedFacts, type CpuFacts, type CpuidFacts, cpuidFacts } from './cpuid-facts.ts';
import { COMPARED_LEAVES } from './cpuid-questions.ts';
import { known, unknown } from './facts.ts';
import type { Host, HostSource } from './host.ts';
import type { CpuidDump, DumpedCpu } from './parse-cpuid-dump.ts';
import type { ProbeReport } from './parse-probe-output.ts';

/** Bytes of a page of every x86-64 CPU in 64-bit mode; larger pages are multiples that the kernel does not report as its page size. */
export const AMD64_PAGE_SIZE = known(4096, 'x86-64 has pages of 4096 bytes');

export interface CpuidEvidenceOptions {
  readonly source: HostSource;
  readonly provenance: string;
  /** Every answer is what the CPUID instruction itself said, leaves above the highest one included. */
  readonly direct: boolean;
}

/**
 * A host from the CPUID answers of its logical CPUs; bits that differ between them are unknown, because runsc reads whichever CPU it
 * runs on. The leaves that the result holds are those of the first one. What CPUID does not say is unknown.
 */
export function hostFromCpuid(name: string, cpus: readonly DumpedCpu[], options: CpuidEvidenceOptions): Host {
  const [first] = cpus;
  if (first === undefined) throw new Error('no logical CPU');
  const { facts, notes } = factsOfCpus(cpus, options.direct);
  const { notEnabled, ...named } = facts;
  const notInCpuid = 'CPUID does not say';
  return {
    name,
    arch: 'amd64',
    source: options.source,
    provenance: options.provenance,
    rejected: [],
    cpuid: first.table,
    ...named,
    statesNotEnabled: notEnabled,
    mxcsrMask: unknown(notInCpuid),
    hwcap: unknown('AT_HWCAP is what the kernel makes of CPUID leaf 0x1 EDX'),
    hwcap2: unknown(notInCpuid),
    pageSize: AMD64_PAGE_SIZE,
    kernel: unknown(notInCpuid),
    microcode: unknown(notInCpuid),
    runscVersion: unknown(notInCpuid),
    identity: identityOfCpuid(first.table),
    capturedFrom: null,
    capturedAt: null,
    notes: [...notes, ...kindNotes(first.table)],
  };
}

/** A host from a dump of `cpuid -r` or `kcpuid -r`. */
export function hostFromCpuidDump(name: string, dump: CpuidDump): Host {
  const many = dump.cpus.length > 1 ? `, ${dump.cpus.length} logical CPUs` : '';
  return hostFromCpuid(name, dump.cpus, { source: 'cpuid', provenance: `raw output of ${dump.tool}${many}`, direct: false });
}

/** A host from the probe's report. */
export function hostFromProbe(name: string, report: ProbeReport, provenance: string): Host {
  const host = hostFromCpuid(name, [{ label: 'CPU', table: report.cpuid }], { source: 'probe', provenance, direct: true });
  const auxiliary = 'auxiliary vector of the probe';
  const silent = 'the output of the probe does not say';
  return {
    ...host,
    mxcsrMask:
      report.mxcsrMask === null
        ? unknown(silent)
        : known(report.mxcsrMask === 0 ? 0xffbf : report.mxcsrMask, 'FXSAVE, executed by the probe'),
    hwcap: report.hwcap === null ? unknown(silent) : known(report.hwcap, auxiliary),
    hwcap2: report.hwcap2 === null ? unknown(silent) : known(report.hwcap2, auxiliary),
    pageSize: report.pageSize === null ? host.pageSize : known(report.pageSize, auxiliary),
    kernel: report.kernel === null ? unknown(silent) : known(report.kernel, 'uname'),
    microcode: unknown(silent),
    runscVersion: unknown(silent),
  };
}

/** Logical CPUs that a note names. */
const NAMED_CPUS = 8;

/** Of CPUs with the same answers one is looked at. */
function factsOfCpus(cpus: readonly DumpedCpu[], direct: boolean): { facts: CpuidFacts; notes: string[] } {
  const kinds = new Map<string, DumpedCpu>();
  for (const cpu of cpus) {
    const key = comparedKey(cpu.table);
    if (!kinds.has(key)) kinds.set(key, cpu);
  }
  const facts = agreedFacts(factsOfEach(kinds.values(), direct));
  if (kinds.size === 1) return { facts, notes: [] };
  const shown = [...kinds.values()].slice(0, NAMED_CPUS).map((cpu) => cpu.label);
  const labels = `${shown.join(', ')}${shown.length < kinds.size ? ', …' : ''}`;
  return {
    facts,
    notes: [
      `the logical CPUs are not alike (${labels}): what differs between them is unknown, because runsc reads whichever CPU it runs on`,
    ],
  };
}

function* factsOfEach(cpus: Iterable<DumpedCpu>, direct: boolean): Generator<CpuFacts> {
  for (const { label, table } of cpus) yield { label, facts: cpuidFacts(table, direct) };
}

/** The compared leaves as text, without what differs by nature: APIC id and logical processors (leaf 1 EBX[31:16]), sizes (leaf 0xd EBX). */
function comparedKey(table: CpuidTable): string {
  const parts: string[] = [];
  for (const [leaf, subleaf] of COMPARED_LEAVES) {
    const registers = table.get(leaf, subleaf);
    if (registers === undefined) parts.push('-');
    else if (leaf === 1) parts.push(`${(registers.ebx >>> 8) & 0xff} ${registers.ecx} ${registers.edx}`);
    else if (leaf === 0xd) parts.push(`${registers.eax} ${registers.edx}`);
    else if (leaf === 0 || leaf === 0x8000_0000) parts.push(`${registers.eax}`);
    else parts.push(`${registers.ebx} ${registers.ecx} ${registers.edx}`);
  }
  return parts.join('/');
}

/** @see Intel SDM vol. 2A, CPUID leaf 7 EDX[15]: hybrid part */
function kindNotes(table: CpuidTable): string[] {
  const hybrid = table.get(0)?.ebx === 0x756e_6547 && ((table.get(7)?.edx ?? 0) & (1 << 15)) !== 0;
  return hybrid ? ['this CPU has cores of several kinds; these are the answers of one of them'] : [];
}
