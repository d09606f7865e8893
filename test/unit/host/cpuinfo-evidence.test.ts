import { describe, expect, it } from 'vitest';
import { AMD64_FEATURES } from '../../../src/cpu/features-amd64.ts';
import { CPUINFO_EVIDENCE } from '../../../src/host/cpuinfo-evidence.ts';
import { parseCpuinfoX86 } from '../../../src/host/parse-cpuinfo-x86.ts';
import { linuxPage, MARKS, type PageOptions, x86Page } from './cpuinfo-pages.ts';

function presence(name: string, page: string): string | undefined {
  return parseCpuinfoX86(page).features.get(name)?.presence;
}

describe('the table of what /proc/cpuinfo proves', () => {
  it('has one row with a reason and a source for every feature that gVisor compares', () => {
    expect(CPUINFO_EVIDENCE.map((row) => row.feature.name)).toEqual(AMD64_FEATURES.map((feature) => feature.name));
    for (const row of CPUINFO_EVIDENCE) {
      expect(row.rule.because.length, row.feature.name).toBeGreaterThan(10);
      expect(row.rule.source.length, row.feature.name).toBeGreaterThan(10);
    }
  });

  it('never concludes absence from a leaf that the kernel has not read', () => {
    for (const row of CPUINFO_EVIDENCE) {
      if (row.rule.absent === null || row.flag === null) continue;
      const low = parseCpuinfoX86(linuxPage({ flags: 'rep_good', level: 5 })).features.get(row.feature.name);
      if (row.feature.leaf === 7 || row.feature.leaf === 0xd) expect(low?.presence, row.feature.name).toBe('unknown');
    }
  });
});

type Case = readonly [feature: string, what: string, page: PageOptions, expected: 'present' | 'absent' | 'unknown'];
const AMD = 'AuthenticAMD';

// biome-ignore format: one row per case
const CASES: readonly Case[] = [
  ['movbe', 'shown', { flags: 'movbe' }, 'present'],
  ['movbe', 'missing: nothing hides it', { flags: '' }, 'absent'],
  ['clfushopt', "shown under Linux's name", { flags: 'clflushopt' }, 'present'],
  ['ipt', "shown under Linux's name", { flags: 'intel_pt' }, 'present'],
  ['avx', 'missing while xsave is shown', { flags: 'xsave' }, 'absent'],
  ['avx', 'missing with xsave', { flags: '' }, 'unknown'],
  ['avx', 'missing where it may be the mitigation of GDS', { flags: 'xsave', bugs: 'mds gds' }, 'unknown'],
  ['avx', 'missing in a guest, which has no such mitigation', { flags: 'xsave hypervisor', bugs: 'mds gds' }, 'absent'],
  ['avx512f', 'missing while avx is shown', { flags: 'xsave avx', bugs: 'gds' }, 'absent'],
  ['fma', 'missing with avx where it may be the mitigation of GDS', { flags: 'xsave', bugs: 'gds' }, 'unknown'],
  ['avx2', 'missing on a page with an empty line bugs', { flags: 'xsave avx', bugs: '' }, 'absent'],
  ['xsave', 'shown', { flags: 'xsave' }, 'present'],
  ['xsave', 'missing: noxsave, or a random answer', { flags: '' }, 'unknown'],
  ['osxsave', 'never shown, with xsave', { flags: 'xsave' }, 'present'],
  ['osxsave', 'never shown, without xsave', { flags: '' }, 'absent'],
  ['xsaveopt', 'missing: noxsaveopt', { flags: 'xsave' }, 'unknown'],
  ['xsavec', 'missing while xsave is shown', { flags: 'xsave' }, 'absent'],
  ['xsavec', 'missing with xsave', { flags: '' }, 'unknown'],
  ['xsaves', 'missing: erratum 1386, noxsaves', { flags: 'xsave' }, 'unknown'],
  ['ospke', 'missing: CR4.PKE is not set', { flags: 'pku' }, 'absent'],
  ['ospke', 'missing where runsc reads a leaf out of range', { flags: '', level: 5 }, 'unknown'],
  ['pku', 'missing: the kernel may be built without it', { flags: 'xsave' }, 'unknown'],
  ['3dnowprefetch', 'shown on Intel', { flags: '3dnowprefetch' }, 'present'],
  ['3dnowprefetch', 'shown on AMD, where it is forced', { flags: '3dnowprefetch', vendor: AMD }, 'unknown'],
  ['3dnowprefetch', 'missing', { flags: '' }, 'absent'],
  ['rdseed', 'missing: errata', { flags: '' }, 'unknown'],
  ['erms', 'missing with fast strings', { flags: 'rep_good' }, 'absent'],
  ['erms', 'missing without fast strings', { flags: '' }, 'unknown'],
  ['monitor', 'missing with a basic leaf 5', { flags: '', level: 5 }, 'absent'],
  ['monitor', 'missing without a basic leaf 5', { flags: '', level: 4 }, 'unknown'],
  ['ss', 'missing on a model with the erratum', { flags: '', model: 15 }, 'unknown'],
  ['ss', 'missing on another model', { flags: '', model: 85 }, 'absent'],
  ['pbe', 'missing on Intel', { flags: '' }, 'absent'],
  ['pbe', 'missing on AMD, where it is cleared', { flags: '', vendor: AMD }, 'unknown'],
  ['vmx', 'missing on Intel: locked by firmware', { flags: '' }, 'unknown'],
  ['svm', 'missing on AMD: disabled by firmware', { flags: '', vendor: AMD }, 'unknown'],
  ['svm', 'missing on Intel', { flags: '' }, 'absent'],
  ['hle', 'shown where TSX control can force it', { flags: 'hle rtm arch_capabilities' }, 'unknown'],
  ['rtm', 'shown without TSX control', { flags: 'hle rtm' }, 'present'],
  ['rtm', 'missing on Intel', { flags: '' }, 'unknown'],
  ['rtm', 'missing on AMD', { flags: '', vendor: AMD }, 'absent'],
  ['cet_ss', 'user_shstk shown', { flags: 'user_shstk' }, 'present'],
  ['cet_ss', 'user_shstk missing', { flags: '' }, 'unknown'],
  ['spec_ctrl', 'ibrs and ibpb on bare Intel', { flags: 'ibrs ibpb' }, 'present'],
  ['spec_ctrl', 'ibrs and ibpb in a guest', { flags: 'ibrs ibpb hypervisor' }, 'unknown'],
  ['spec_ctrl', 'ibrs and ibpb on AMD', { flags: 'ibrs ibpb', vendor: AMD }, 'unknown'],
  ['spec_ctrl', 'no ibrs in a guest', { flags: 'hypervisor' }, 'absent'],
  ['spec_ctrl', 'no ibrs on bare Intel: may be known bad microcode', { flags: '' }, 'unknown'],
  ['topoext', 'shown in a guest of family 15h', { flags: 'topoext hypervisor', vendor: AMD, family: 21, model: 0x10 }, 'unknown'],
  ['topoext', 'shown on bare family 15h', { flags: 'topoext', vendor: AMD, family: 21, model: 0x10 }, 'present'],
  ['lahf_lm', 'missing on early K8', { flags: '', vendor: AMD, family: 15, model: 5 }, 'unknown'],
  ['lahf_lm', 'missing elsewhere', { flags: '', vendor: AMD, family: 23, model: 1 }, 'absent'],
  ['vme', 'missing: 64-bit kernels may clear it', { flags: '' }, 'unknown'],
  ['mtrr', 'missing in a guest', { flags: 'hypervisor' }, 'unknown'],
  ['fsrm', 'missing: the kernel may not know it', { flags: '' }, 'unknown'],
  ['prefetchwt1', 'never shown', { flags: 'avx512pf avx512er' }, 'unknown'],
  ['fdp_excptn_only', 'never shown', { flags: '' }, 'unknown'],
];

describe('what a flag, shown or missing, proves', () => {
  it.each(CASES)('%s: %s', (feature, _what, page, expected) => {
    expect(presence(feature, linuxPage(page))).toBe(expected);
  });

  it('says why an answer is unknown', () => {
    const { features } = parseCpuinfoX86(linuxPage({ flags: 'xsave 3dnowprefetch', vendor: AMD }));
    expect(features.get('rdseed')?.source).toMatch(/no flag rdseed.*Zen 5/);
    expect(features.get('3dnowprefetch')?.source).toMatch(/flag 3dnowprefetch does not prove it.*AMD/);
    expect(features.get('prefetchwt1')?.source).toMatch(/does not show prefetchwt1/);
  });
});

describe('who wrote the page', () => {
  it('concludes nothing from a missing flag when no Linux kernel of a supported age wrote it', () => {
    expect(presence('movbe', x86Page({ flags: 'fpu pse lm cpuid popcnt' }))).toBe('unknown');
    expect(presence('popcnt', x86Page({ flags: 'fpu pse lm cpuid popcnt' }))).toBe('present');
    expect(presence('osxsave', x86Page({ flags: 'fpu pse lm cpuid xsave' }))).toBe('unknown');
    expect(presence('movbe', x86Page({ flags: 'fpu pse lm nopl popcnt' }))).toBe('unknown');
    expect(presence('osxsave', x86Page({ flags: 'fpu pse lm nopl xsave' }))).toBe('present');
  });

  it('concludes nothing at all under Xen paravirtualization', () => {
    const page = parseCpuinfoX86(x86Page({ flags: 'fpu lm nopl cpuid clflush hypervisor xsave avx' }));
    expect([...page.features.values()].filter((fact) => fact.presence !== 'unknown')).toEqual([]);
    expect(page.useXsave.value).toBeNull();
    expect(page.cacheLine.value).toBeNull();
    expect(page.notes.join()).toMatch(/Xen/);
  });

  it('concludes nothing from a flag that a cut page may have lost', () => {
    const cut = linuxPage({ flags: 'xsave avx512f' }).split('bugs')[0] ?? '';
    expect(presence('movbe', cut)).toBe('unknown');
    const inTheMiddle = `processor\t: 0\nflags\t\t: ${MARKS} avx avx512`;
    expect(presence('avx', inTheMiddle)).toBe('present');
    expect(presence('avx', `processor\t: 0\nflags\t\t: ${MARKS} avx`)).toBe('unknown');
  });
});
