/** What surprises people about single features. */
import type { Arch } from '../cpu/feature.ts';

const LEVELLED_STATE =
  'A level without this feature does not bind glibc where CPUID cannot be faulted: threads use the registers all the same, and the image fails at the gate `fpu-state` (CKPT1801, CKPT2004).';

/** @see docs/format.md, docs/cpuinfo-evidence.md; gVisor pkg/cpuid/features_amd64.go */
const AMD64: Readonly<Record<string, readonly string[]>> = {
  clfushopt: [
    'gVisor spells it without the first `l`: Linux and everybody else say `clflushopt`. In the annotation `clflushopt` is an unknown name and keeps the sandbox from starting.',
  ],
  pni: ['Everybody else says SSE3; /proc/cpuinfo says `pni` too.'],
  ipt: ['Linux says `intel_pt`.'],
  abm: ['LZCNT. Intel names only that instruction; the bit is the same.'],
  hypervisor: [
    'Set in every virtual machine and on no bare metal: an image of a virtual machine is never restored on bare metal, whatever the CPU.',
  ],
  ht: [
    'Says that the package has several logical CPUs, not that hyper-threading is on: a virtual machine with one CPU does not show it.',
  ],
  osxsave: [
    'Says that the running kernel has enabled XSAVE. /proc/cpuinfo never shows it; it is there exactly when `xsave` is shown.',
  ],
  ospke: ['Says that the running kernel has enabled protection keys; `nopku` and a kernel without support hide it.'],
  xsave: ['On a CPU without XSAVE the answer of runsc itself is random from process to process, and ckpt says `unknown`.'],
  prefetchwt1: [
    'On CPUs whose highest basic leaf is below 7 runsc reads leaf 7 all the same, and gets bits that mean something else. Images of such machines "require" it.',
  ],
  '3dnowprefetch': ['Linux shows it on AMD CPUs whether CPUID has it or not.'],
  hle: ['Microcode switches it off: two machines of one model can differ.'],
  rtm: ['Microcode switches it off: two machines of one model can differ.'],
  mpx: [
    'Skylake to Cascade Lake have it, Ice Lake and later and AMD do not: one of the commonest refusals.',
    'Its state (bits 3 and 4) is ignored by the gate `fpu-state` since release-20251201.0.',
  ],
  rdseed: ['Linux hides it on Zen 5 without fixed microcode; in a virtual machine CPUID keeps it.'],
  xsaves: ['Linux hides it on Zen 1 and Zen 2; CPUID keeps it.'],
  cet_ss: ['/proc/cpuinfo does not show it; `user_shstk` implies it, and its absence proves nothing.'],
  la57: ['/proc/cpuinfo shows it only where the kernel uses five levels.'],
  umip: ['KVM can show it where the CPU lacks it.'],
  avx: [LEVELLED_STATE],
  avx512f: [LEVELLED_STATE],
  pku: ['Its state (bit 9) is ignored by the gate `fpu-state` since release-20251201.0.'],
  amx_tile: [
    'Its state (bits 17 and 18) is not accepted by the gate `fpu-state` since 2024-01-17 (release-20240122.0): a thread that has tiles in use is not restored anywhere.',
  ],
  x2apic: ['A virtual machine offers it or not; the CPU has it.'],
  topoext: ['Depends on the topology that the hypervisor makes up.'],
  fxsr_opt: [
    'AMD only. Node Feature Discovery has a label FXSROPT for it, and another one, FXSR, for the bit that every CPU has.',
  ],
};

const ARM64: Readonly<Record<string, readonly string[]>> = {
  evtstrm: ['Says what the kernel has enabled, not what the CPU can do.'],
  cpuid: ['Says that the kernel emulates reading of ID registers, not what the CPU can do.'],
  sve: ['gVisor compares it and does not tell programs about it.'],
};

/** The traps of a feature, or none. */
export function trapsOf(arch: Arch, name: string): readonly string[] {
  const table = arch === 'amd64' ? AMD64 : ARM64;
  return Object.hasOwn(table, name) ? (table[name] ?? []) : [];
}

/** XSAVE components that a feature brings, by bit. @see Intel SDM vol. 1, 13.1 */
export const COMPONENTS: Readonly<Record<string, readonly number[]>> = {
  sse: [1],
  avx: [2],
  mpx: [3, 4],
  avx512f: [5, 6, 7],
  pku: [9],
  amx_tile: [17, 18],
};
