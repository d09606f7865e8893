import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { featureNamed, findFeature } from '../../../src/cpu/feature-names.ts';
import { KUBEVIRT_FEATURES } from '../../../src/host/kubevirt-evidence.ts';
import { NFD_CPUID, NFD_DENIED, NFD_HWCAP, NFD_WITNESSES } from '../../../src/host/nfd-evidence.ts';

const row = (feature: string) => NFD_CPUID.find((one) => one.feature === feature);

describe('the tables of labels', () => {
  it('name features of gVisor, each once, and each label once', () => {
    for (const [arch, rows] of [
      ['amd64', NFD_CPUID],
      ['arm64', NFD_HWCAP],
      ['amd64', KUBEVIRT_FEATURES],
    ] as const) {
      expect(rows.filter(({ feature }) => featureNamed(arch, feature) === undefined)).toEqual([]);
      expect(new Set(rows.map(({ feature }) => feature)).size).toBe(rows.length);
      expect(new Set(rows.map(({ label }) => label)).size).toBe(rows.length);
    }
  });

  it('agree with the spellings that are accepted elsewhere', () => {
    for (const { feature, label } of [...NFD_CPUID, ...KUBEVIRT_FEATURES]) {
      // IBPB is no other name of spec_ctrl: it is a bit of its own on AMD.
      if (label === 'IBPB') continue;
      expect(findFeature('amd64', label)?.name, label).toBe(feature);
    }
    for (const { feature, label } of NFD_HWCAP) expect(findFeature('arm64', label)?.name).toBe(feature);
  });

  it('ask for witnesses that can be shown, and for none that is denied but where the row itself is', () => {
    const labels = new Set(NFD_CPUID.map(({ label }) => label));
    for (const one of NFD_CPUID) {
      for (const list of one.absentWith ?? []) {
        expect(
          list.some((label) => labels.has(label)),
          one.label,
        ).toBe(true);
        if (one.denied !== true)
          expect(
            list.some((label) => !NFD_DENIED.has(label)),
            one.label,
          ).toBe(true);
      }
    }
    for (const witness of NFD_WITNESSES) expect(NFD_DENIED.has(witness)).toBe(false);
  });

  it('mark what NFD denies', () => {
    expect(NFD_CPUID.filter(({ denied }) => denied).map(({ label }) => label)).toEqual(
      NFD_CPUID.filter(({ label }) => NFD_DENIED.has(label)).map(({ label }) => label),
    );
    expect(row('sse4_2')).toMatchObject({ label: 'SSE42', denied: true });
    expect(row('avx2')?.denied).toBeUndefined();
  });

  it('know the flags that are not what they are called', () => {
    expect(row('fxsr_opt')).toMatchObject({ present: 'nothing', absent: 'nothing' });
    expect(row('ht')).toMatchObject({ present: 'proves', absent: 'nothing' });
    expect(row('popcnt')).toMatchObject({ present: 'nothing', absent: 'proves' });
    expect(row('mmx')).toMatchObject({ present: 'nothing' });
    expect(row('avx')).toMatchObject({ present: 'proves', absent: 'nothing' });
    expect(row('xsave')).toMatchObject({ present: 'proves', absent: 'nothing' });
    for (const feature of ['spec_ctrl', 'intel_stibp', 'spec_ctrl_ssbd'])
      expect(row(feature)?.presentOn).toBe('intel-bare-metal');
    // AMXFP8 is read from the bit of pku; TBM is never set.
    for (const feature of ['pku', 'tbm']) expect(row(feature)).toBeUndefined();
    expect(NFD_CPUID.map(({ label }) => label)).not.toContain('AMXFP8');
  });

  it('of KubeVirt never take a missing label for anything, nor what belongs to virtual machines', () => {
    expect(KUBEVIRT_FEATURES.every(({ absent }) => absent === 'nothing')).toBe(true);
    for (const feature of ['x2apic', 'tsc_deadline_timer', 'hypervisor', 'arch_capabilities', 'spec_ctrl', 'ht', 'umip']) {
      expect(KUBEVIRT_FEATURES.find((one) => one.feature === feature)?.present, feature).toBe('nothing');
    }
  });

  it('are what docs/kubernetes-hosts.md says', () => {
    const rows = NFD_CPUID.map(({ feature, label, present, presentOn, absent, denied, why }) => {
      const there = present === 'nothing' ? '-' : presentOn === undefined ? 'yes' : 'yes, on Intel without a hypervisor';
      return `| ${feature} | ${label} | ${there} | ${absent === 'nothing' ? '-' : 'no'} | ${denied ? 'denied' : ''} | ${why} |`;
    });
    expect(readFileSync('docs/kubernetes-hosts.md', 'utf8')).toContain(`|---|---|---|---|---|---|\n${rows.join('\n')}\n\n`);
  });
});
