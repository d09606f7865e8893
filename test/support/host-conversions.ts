/** One machine in the shapes of several tools, for tests of the formats. */
import type { CpuidEntry } from '../../src/cpu/cpuid-table.ts';

/** As AIDA64 writes a dump; `cpus` logical CPUs with the same answers. */
export function instlatx64Text(entries: readonly CpuidEntry[], cpus = 1): string {
  const subleaves = new Map<number, number>();
  for (const [leaf] of entries) subleaves.set(leaf, (subleaves.get(leaf) ?? 0) + 1);
  const lines = entries.map(([leaf, subleaf, ...registers]) => {
    const label = subleaf > 0 || (subleaves.get(leaf) ?? 0) > 1 ? ` [SL ${bigHex(subleaf, 2)}]` : '';
    return `CPUID ${bigHex(leaf)}: ${registers.map((register) => bigHex(register)).join('-')}${label}`;
  });
  const sections = Array.from({ length: cpus }, (_, index) =>
    [
      `------[ CPUID Registers / Logical CPU #${index} ]------`,
      '',
      `allcpu: Package 0 / Core ${index} / Thread 0: Valid`,
      '',
      ...lines,
      '',
      'L1    Data Cache:    32 KB, 8-way Associative, 64-byte Line',
      '',
      `------[ MSR Registers / Logical CPU #${index} ]------`,
      '',
      'MSR 0000001B: 0000-0000-FEE0-0900',
      '',
    ].join('\n'),
  );
  const head = [
    '------[ Versions ]------',
    '',
    'Program Version : AIDA64 Engineer v7.00',
    '',
    '------[ CPU Info ]------',
    '',
    'CPUID Manufacturer: GenuineIntel',
    'CPUID CPU Name    : a CPU',
    'CPUID Revision    : 000306C3h',
    '',
  ];
  return `${head.join('\n')}\n${sections.join('\n')}`;
}

/** As `cpu-gather` of libvirt writes it. */
export function libvirtText(entries: readonly CpuidEntry[]): string {
  const lines = entries.map(([leaf, subleaf, eax, ebx, ecx, edx]) => {
    const registers = `eax='${hex(eax)}' ebx='${hex(ebx)}' ecx='${hex(ecx)}' edx='${hex(edx)}'`;
    return `  <cpuid eax_in='${hex(leaf)}' ecx_in='0x${bigHex(subleaf, 2).toLowerCase()}' ${registers}/>`;
  });
  return `<!-- a CPU -->\n<cpudata arch='x86'>\n${lines.join('\n')}\n  <msr index='0x10a' edx='0x00000000' eax='0x00000048'/>\n</cpudata>\n`;
}

/** As `cpu-template-helper template dump` writes it. */
export function firecrackerConfig(entries: readonly CpuidEntry[]): object {
  const bitmap = (value: number): string => `0b${(value >>> 0).toString(2).padStart(32, '0')}`;
  return {
    kvm_capabilities: [],
    cpuid_modifiers: entries.map(([leaf, subleaf, eax, ebx, ecx, edx]) => ({
      leaf: `0x${leaf.toString(16)}`,
      subleaf: `0x${subleaf.toString(16)}`,
      flags: subleaf > 0 ? 1 : 0,
      modifiers: Object.entries({ eax, ebx, ecx, edx }).map(([register, value]) => ({ register, bitmap: bitmap(value) })),
    })),
    msr_modifiers: [],
  };
}

/** The fields of lscpu by the key of /proc/cpuinfo that each prints. */
const LSCPU_FIELDS: readonly (readonly [key: string, field: string])[] = [
  ['vendor_id', 'Vendor ID'],
  ['model name', 'Model name'],
  ['cpu family', 'CPU family'],
  ['model', 'Model'],
  ['stepping', 'Stepping'],
  ['flags', 'Flags'],
  ['Features', 'Flags'],
];

/** What lscpu prints of the first logical CPU of a page of /proc/cpuinfo. */
export function lscpuFields(cpuinfo: string): (readonly [field: string, value: string])[] {
  const block = cpuinfo.split(/\n\s*\n/, 1)[0] ?? '';
  const values = new Map(
    block.split('\n').map((line) => [line.split(':', 1)[0]?.trim() ?? '', line.slice(line.indexOf(':') + 1).trim()]),
  );
  const shown = LSCPU_FIELDS.flatMap(([key, field]) => (values.has(key) ? [[field, values.get(key) ?? ''] as const] : []));
  return [
    ['Architecture', values.has('Features') ? 'aarch64' : 'x86_64'],
    ['Byte Order', 'Little Endian'],
    ['CPU(s)', '1'],
    ['On-line CPU(s) list', '0'],
    ...shown,
    ['NUMA node(s)', '1'],
    ['Vulnerability Meltdown', 'Not affected'],
  ];
}

export function lscpuText(cpuinfo: string): string {
  return lscpuFields(cpuinfo)
    .map(([field, value]) => `${`${field}:`.padEnd(33)}${value}\n`)
    .join('');
}

export function lscpuJson(cpuinfo: string): string {
  const rows = lscpuFields(cpuinfo).map(([field, data]) => ({ field: `${field}:`, data }));
  const [first, ...others] = rows;
  return JSON.stringify({ lscpu: [{ ...first, children: others.slice(0, 1) }, ...others.slice(1)] }, null, 3);
}

function hex(value: number): string {
  return `0x${bigHex(value).toLowerCase()}`;
}

function bigHex(value: number, digits = 8): string {
  return (value >>> 0).toString(16).toUpperCase().padStart(digits, '0');
}
