/** /proc/cpuinfo of an x86 host as evidence. */
import type { CpuFeature } from '../cpu/feature.ts';
import { type CpuIdentity, microarchitectureOfSignature, UNKNOWN_IDENTITY } from '../cpu/identity.ts';
import type { CpuidFacts } from './cpuid-facts.ts';
import { CPUINFO_EVIDENCE, type CpuinfoEvidence } from './cpuinfo-evidence.ts';
import { type CpuinfoBlock, cpuinfoBlocks, fieldAgreed } from './cpuinfo-evidence-blocks.ts';
import { allHold, type CpuinfoSummary } from './cpuinfo-evidence-rule.ts';
import { allBits, known, NO_BITS, unknown } from './facts.ts';
import type { Fact, FeatureFact, KnownBits } from './host.ts';
import { hostError } from './host-text.ts';

/** What one page proves. The names and shapes of {@link CpuidFacts}, and more. */
export interface CpuinfoX86Evidence extends CpuidFacts {
  /**
   * Bits of XCR0 that the kernel has certainly not enabled, whatever CPUID leaf 0xd says: a state with one of them is refused by
   * XRSTOR (condition 33 of docs/gates.md, runsc of 2023-06-08 and later) if not before.
   */
  readonly notEnabled: bigint;
  readonly microcode: Fact<string>;
  readonly identity: CpuIdentity;
  /** Logical CPUs on the page. */
  readonly cpus: number;
  readonly notes: readonly string[];
}

/**
 * Who wrote the page and whether it is whole. Conclusions about what the kernel does need `linux`; `xen-pv` proves nothing about CPUID.
 * `old-linux` is a kernel before 4.11, older than any that gVisor documents support for.
 */
type Writer = 'linux' | 'old-linux' | 'excerpt' | 'xen-pv' | 'other';

/** Components of XCR0 by the flag whose feature they belong to. @see kernel/fpu/xstate.c: xsave_cpuid_features */
const STATE_OF_FLAG: readonly (readonly [flag: string, bits: bigint])[] = [
  ['avx', 0x4n],
  ['mpx', 0x18n],
  ['avx512f', 0xe0n],
  ['pku', 0x200n],
  ['amx_tile', 0x6_0000n],
];
const X87_AND_SSE = 0x3n;

/** One sentence for each writer but the ordinary one, for the notes and as the reason why an answer is unknown. */
const WRITER_NOTES: Readonly<Record<Exclude<Writer, 'linux'>, string>> = {
  'old-linux': 'this page has no flag cpuid, so its kernel is older than 4.11: a missing flag proves nothing',
  excerpt: 'this page has no line bugs after the flags, so it is not whole: a missing flag proves nothing',
  'xen-pv': 'this page has no flag pse: under Xen paravirtualization CPUID and the flags differ, and nothing is proven',
  other: 'this page has no flag nopl or lm, so no 64-bit Linux kernel wrote it: a missing flag proves nothing',
};
const ASSUMPTION =
  'read from /proc/cpuinfo: a missing flag counts only where no kernel code can hide it; clearcpuid= and setcpuid= are taken not to be on the kernel command line (they set bit 2 of /proc/sys/kernel/tainted)';

/**
 * Reads what /proc/cpuinfo of an x86 host proves. All logical CPUs are one host; what differs between them is unknown. `bugs` is
 * `not-shown` for a page by another program, which does not show that line: its absence does not mean that the page was cut then.
 *
 * @throws CkptError `unknown-format` without a line `flags`, `bad-host` with the line for anything that is no `key : value`, for a logical
 * CPU without flags, and for one that comes twice
 * @see Linux arch/x86/kernel/cpu/proc.c: show_cpuinfo
 */
export function parseCpuinfoX86(text: string, bugs: 'shown' | 'not-shown' = 'shown'): CpuinfoX86Evidence {
  const blocks = cpuinfoBlocks(text, 'flags');
  const first = blocks[0];
  if (first === undefined) throw hostError('unknown-format', null, 'a line `flags : …` of /proc/cpuinfo on x86', 'none');
  const page = summaryOf(blocks);
  const writer = writerOf(blocks, page, bugs);
  const features = new Map<string, FeatureFact>();
  for (const row of CPUINFO_EVIDENCE) features.set(row.feature.name, judge(row, page, writer));
  const useXsave = useXsaveOf(page, writer);
  const mixed = [...page.shownAnywhere].filter((flag) => !page.shown.has(flag)).sort();
  return {
    features,
    cacheLine: cacheLineOf(blocks, page, writer),
    useXsave,
    xcr0:
      useXsave.value === false
        ? unknown('the kernel has not enabled XSAVE')
        : unknown('/proc/cpuinfo proves single bits of CPUID leaf 0xd, not the whole'),
    xcr0Known: stateBits(page, useXsave),
    notEnabled: useXsave.value === true ? notEnabledBits(features, page, writer) : 0n,
    hypervisor: hypervisorOf(features.get('hypervisor')),
    microcode: fieldAgreed(blocks, 'microcode'),
    identity: identityOf(blocks),
    cpus: blocks.length,
    notes: [
      writer === 'linux' ? ASSUMPTION : WRITER_NOTES[writer],
      ...(mixed.length === 0
        ? []
        : [`logical CPUs differ in these flags: ${someOf(mixed)}; runsc reads whichever CPU it runs on`]),
    ],
  };
}

/** Flags that a note names; Linux has a few hundred. */
const NAMED_FLAGS = 64;

function someOf(flags: readonly string[]): string {
  const more = flags.length - NAMED_FLAGS;
  return `${flags.slice(0, NAMED_FLAGS).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function summaryOf(blocks: readonly CpuinfoBlock[]): CpuinfoSummary {
  const lists = new Set(blocks.map((block) => block.flags));
  const [firstList, ...otherLists] = lists;
  const everywhere = new Set(firstList);
  const anywhere = new Set(firstList);
  for (const list of otherLists) {
    for (const flag of everywhere) if (!list.has(flag)) everywhere.delete(flag);
    for (const flag of list) anywhere.add(flag);
  }
  const levels = blocks.map((block) => block.number('cpuid level'));
  const bugs = [...new Set(blocks.map((block) => block.fields.get('bugs')))];
  const models = new Map<string, CpuinfoSummary['models'][number]>();
  for (const block of blocks) {
    const one = {
      vendor: block.fields.get('vendor_id') ?? null,
      family: block.number('cpu family'),
      model: block.number('model'),
    };
    models.set(`${one.vendor}/${one.family}/${one.model}`, one);
  }
  return {
    shown: everywhere,
    shownAnywhere: anywhere,
    bugs: bugs.includes(undefined) ? null : new Set(bugs.flatMap((list) => (list ?? '').split(/\s+/))),
    models: [...models.values()],
    level: levels.includes(null) ? null : levels.reduce((least: number, value) => Math.min(least, value ?? 0), 0xffff_ffff),
  };
}

/**
 * A 64-bit Linux kernel always shows nopl and lm, since 4.11 cpuid, and except under Xen paravirtualization pse; it ends with bugs and more.
 *
 * @see kernel/cpu/common.c: detect_nopl, early_identify_cpu; include/asm/required-features.h (NEED_PSE without PARAVIRT_XXL)
 */
function writerOf(blocks: readonly CpuinfoBlock[], page: CpuinfoSummary, bugs: 'shown' | 'not-shown'): Writer {
  if (!page.shown.has('nopl') || !page.shown.has('lm')) return 'other';
  if (!page.shown.has('pse')) return 'xen-pv';
  if (!page.shown.has('cpuid')) return 'old-linux';
  return (page.bugs !== null || bugs === 'not-shown') && blocks.every((block) => block.whole) ? 'linux' : 'excerpt';
}

function judge(row: CpuinfoEvidence, page: CpuinfoSummary, writer: Writer): FeatureFact {
  const { flag, rule } = row;
  if (writer === 'xen-pv') return { presence: 'unknown', source: WRITER_NOTES[writer] };
  const shown = flag !== null && page.shown.has(flag);
  const derivable = flag === null && writer !== 'other';
  if ((shown || derivable) && rule.present !== null && allHold(rule.present, page)) {
    return { presence: 'present', source: shown ? `/proc/cpuinfo: flag ${flag}` : `/proc/cpuinfo: ${rule.because}` };
  }
  const hidden = flag === null || isHidden(flag, page);
  if (writer === 'linux' && hidden && rule.absent !== null && allHold(rule.absent, page)) {
    return { presence: 'absent', source: flag === null ? `/proc/cpuinfo: ${rule.because}` : `/proc/cpuinfo: no flag ${flag}` };
  }
  return { presence: 'unknown', source: whyUnknown(row.feature, flag, shown, hidden, rule.because, writer) };
}

function whyUnknown(
  feature: CpuFeature,
  flag: string | null,
  shown: boolean,
  hidden: boolean,
  because: string,
  writer: Writer,
): string {
  if (flag === null) return `/proc/cpuinfo does not show ${feature.name}: ${because}`;
  if (shown) return `/proc/cpuinfo: flag ${flag} does not prove it: ${because}`;
  if (!hidden) return `logical CPUs differ: some show the flag ${flag}, others do not; runsc reads whichever CPU it runs on`;
  return writer === 'linux' ? `/proc/cpuinfo: no flag ${flag}, which does not prove it: ${because}` : WRITER_NOTES[writer];
}

/** @see kernel/fpu/xstate.c: fpu__init_cpu_xstate sets CR4.OSXSAVE exactly when the flag xsave is kept */
function useXsaveOf(page: CpuinfoSummary, writer: Writer): Fact<boolean> {
  if (writer === 'xen-pv' || writer === 'other') return unknown(WRITER_NOTES[writer]);
  if (page.shown.has('xsave')) return known(true, '/proc/cpuinfo: flag xsave, with which the kernel sets CR4.OSXSAVE');
  if (writer !== 'linux') return unknown(WRITER_NOTES[writer]);
  return isHidden('xsave', page)
    ? known(false, '/proc/cpuinfo: no flag xsave, so the kernel has not set CR4.OSXSAVE')
    : unknown('logical CPUs differ: only some show the flag xsave');
}

/** @see Intel SDM vol. 1, 13.2 and 13.3; AMD APM vol. 2, 11.5.2: which feature brings which state component */
function stateBits(page: CpuinfoSummary, useXsave: Fact<boolean>): KnownBits {
  if (useXsave.value === null) return NO_BITS;
  if (!useXsave.value) return allBits(0n);
  return { set: X87_AND_SSE | bitsOf((flag) => page.shown.has(flag)), clear: 0n };
}

/**
 * The kernel enables a component only when it has the feature's flag at boot. Code that hides avx or mpx later leaves XCR0 as it is, so a
 * missing flag counts where it proves that CPUID lacks the feature, and for pku, which nothing hides later.
 *
 * @see kernel/fpu/xstate.c: fpu__init_system_xstate (since 4.15 and in 4.14-stable)
 */
function notEnabledBits(features: ReadonlyMap<string, FeatureFact>, page: CpuinfoSummary, writer: Writer): bigint {
  if (writer !== 'linux') return 0n;
  return bitsOf((flag) => features.get(flag)?.presence === 'absent' || (flag === 'pku' && isHidden(flag, page)));
}

function bitsOf(wanted: (flag: string) => boolean): bigint {
  return STATE_OF_FLAG.reduce((bits, [flag, own]) => (wanted(flag) ? bits | own : bits), 0n);
}

function isHidden(flag: string, page: CpuinfoSummary): boolean {
  return !page.shownAnywhere.has(flag);
}

/** `clflush size` is CPUID.1:EBX[15:8] * 8 where CPUID has CLFLUSH, else a default. @see kernel/cpu/common.c: cpu_detect */
function cacheLineOf(blocks: readonly CpuinfoBlock[], page: CpuinfoSummary, writer: Writer): Fact<number> {
  if (writer === 'xen-pv') return unknown(WRITER_NOTES[writer]);
  if (!page.shown.has('clflush')) return unknown('/proc/cpuinfo: no flag clflush, so clflush size may be a default');
  const text = fieldAgreed(blocks, 'clflush size');
  if (text.value === null) return unknown(text.source);
  const bytes = blocks[0]?.number('clflush size') ?? null;
  if (bytes === null || bytes > 0xff * 8) return unknown(`/proc/cpuinfo: clflush size is ${text.value}`);
  return known(bytes & 0xff, '/proc/cpuinfo: clflush size');
}

function hypervisorOf(fact: FeatureFact | undefined): Fact<string> {
  return fact?.presence === 'absent' ? known('none', fact.source) : unknown('/proc/cpuinfo does not name the hypervisor');
}

function identityOf(blocks: readonly CpuinfoBlock[]): CpuIdentity {
  const [first] = blocks;
  const same = (key: string): boolean => blocks.every((block) => block.fields.get(key) === first?.fields.get(key));
  const text = (key: string): string | null => (same(key) ? (first?.fields.get(key) ?? null) : null);
  const number = (key: string): number | null => (same(key) ? (first?.number(key) ?? null) : null);
  const [vendor, family, model, stepping] = [text('vendor_id'), number('cpu family'), number('model'), number('stepping')];
  const complete = vendor !== null && family !== null && model !== null && stepping !== null;
  const addresses = /^(\d{1,3}) bits physical, (\d{1,3}) bits virtual$/.exec(text('address sizes') ?? '');
  return {
    ...UNKNOWN_IDENTITY,
    vendor,
    brand: text('model name'),
    family,
    model,
    stepping,
    microarchitecture: complete ? microarchitectureOfSignature(vendor, { family, model, stepping }) : null,
    physicalAddressBits: addresses?.[1] === undefined ? null : Number(addresses[1]),
    virtualAddressBits: addresses?.[2] === undefined ? null : Number(addresses[2]),
  };
}
