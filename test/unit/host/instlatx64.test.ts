import { describe, expect, it } from 'vitest';
import type { CpuidEntry } from '../../../src/cpu/cpuid-table.ts';
import { CkptError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { hostFromCpuidDump } from '../../../src/host/host-from-cpuid.ts';
import { hostFromInstlatx64 } from '../../../src/host/host-from-instlatx64.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { parseInstlatx64 } from '../../../src/host/parse-instlatx64.ts';
import { instlatx64Text } from '../../support/host-conversions.ts';
import { cpuidText, SMALL_CPU, withAnswers } from '../../support/host-dumps.ts';

const AMD: CpuidEntry = [0x0, 0, 0xd, 0x6874_7541, 0x444d_4163, 0x6974_6e65];

function presence(host: Host, feature: string): string | undefined {
  return host.features.get(feature)?.presence;
}

function failure(text: string): CkptError {
  try {
    hostFromInstlatx64('a', text);
  } catch (error) {
    if (error instanceof CkptError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('a dump of InstLatX64', () => {
  it('says what the same leaves say as cpuid -r', () => {
    const entries = withAnswers(SMALL_CPU, [[0x8000_0001, 0, 0, 0, 1, 0x2000_0800]]);
    const raw = hostFromCpuidDump('a', parseCpuidDump(cpuidText(entries)));
    const host = hostFromInstlatx64('a', instlatx64Text(entries));
    expect(host.features).toEqual(raw.features);
    expect([host.cacheLine, host.xcr0, host.useXsave]).toEqual([raw.cacheLine, raw.xcr0, raw.useXsave]);
    expect(host.source).toBe('instlatx64');
  });

  it.each([
    ['CPUID 00000001: 000306C3-00100800-1C001001-06000011', 'as AIDA64 writes it'],
    ['CPUID 00000001: 000306C3-00100800-1C001001-06000011 [SL 00] [text]', 'with notes'],
    ['CPUID 00000001: 000306c3-00100800-1c001001-06000011   ', 'in small letters'],
    ['CPUID 00000001  \t000306C3-00100800-1C001001-06000011', 'with a tab'],
    ['CPUID 00000001 :000306C3-00100800-1C001001-06000011', 'with the colon on the other side'],
    ['CPUID 00000001: 000306C3 00100800 1C001001 06000011', 'with spaces'],
  ])('reads %j, %s', (line) => {
    const { cpus } = parseInstlatx64(`CPUID 00000000: 00000001-756E6547-6C65746E-49656E69 [GenuineIntel]\r\n${line}\r\n`);
    expect(cpus.map(({ table }) => table.get(1))).toEqual([
      { eax: 0x0003_06c3, ebx: 0x0010_0800, ecx: 0x1c00_1001, edx: 0x0600_0011 },
    ]);
  });

  it('taken by a Windows that runs under its own Hyper-V does not say what that adds and hides', () => {
    const hypervisor: CpuidEntry = [0x1, 0, 0x0003_06c3, 0x0010_0800, 0x9c00_1001, 0x0600_0011];
    const hyperV: CpuidEntry = [0x4000_0000, 0, 0x4000_000c, 0x7263_694d, 0x666f_736f, 0x7648_2074];
    const dump = (privileges: number): Host =>
      hostFromInstlatx64(
        'a',
        instlatx64Text(withAnswers(SMALL_CPU, [hypervisor, hyperV, [0x4000_0003, 0, 0, privileges, 0, 0]])),
      );
    const of = (host: Host): (string | undefined)[] => ['hypervisor', 'vmx', 'avx2', 'gfni'].map((name) => presence(host, name));
    expect(of(dump(1))).toEqual(['unknown', 'unknown', 'present', 'absent']);
    expect(of(dump(0))).toEqual(['present', 'absent', 'present', 'absent']);
  });

  it('has one logical CPU for each leaf 0, named by the section', () => {
    const { cpus } = parseInstlatx64(instlatx64Text(SMALL_CPU, 3));
    expect(cpus.map(({ label }) => label)).toEqual(['CPU 0', 'CPU 1', 'CPU 2']);
    const old = parseInstlatx64(`CPU#000 AffMask: 0x1\n${lines(SMALL_CPU)}\n\nCPU#001 AffMask: 0x2\n${lines(SMALL_CPU)}\n`);
    expect(old.cpus.map(({ label }) => label)).toEqual(['CPU 0', 'CPU 1']);
    expect(parseInstlatx64(`${lines(SMALL_CPU)}\n${lines(SMALL_CPU)}`).cpus).toHaveLength(2);
  });

  it('leaves unknown what differs between the cores of a hybrid part', () => {
    const other = withAnswers(SMALL_CPU, [[0x7, 0, 0, 0x0000_0001, 0, 0]]);
    const host = hostFromInstlatx64('a', `${instlatx64Text(SMALL_CPU)}\n${instlatx64Text(other).replaceAll('CPU #0', 'CPU #1')}`);
    expect([presence(host, 'avx2'), presence(host, 'fsgsbase')]).toEqual(['unknown', 'present']);
    expect(host.notes.join()).toContain('not alike (CPU 0, CPU 1)');
  });

  it('numbers subleaves by their order where they are not written, as far as that is certain', () => {
    const { cpus } = parseInstlatx64(
      [
        'CPUID 00000000: 0000000D-756E6547-6C65746E-49656E69',
        'CPUID 00000001: 000306C3-00100800-1C001001-06000011',
        'CPUID 00000007: 00000000-00000021-00000000-00000000',
        'CPUID 0000000D: 000000E7-00000A80-00000A80-00000000',
        'CPUID 0000000D: 0000000F-00000A00-00000100-00000000',
        'CPUID 0000000D: 00000100-00000240-00000000-00000000',
        'CPUID 0000000D: 00000040-00000440-00000000-00000000',
      ].join('\n'),
    );
    const [cpu] = cpus;
    expect(cpu?.table.get(0xd, 1)?.eax).toBe(0xf);
    expect(cpu?.table.get(0xd, 2)).toBeUndefined();
  });
});

describe('what a dump taken elsewhere cannot tell', () => {
  it('osxsave, and with it whether XSAVE is used; leaf 0xD counts all the same', () => {
    const entries = withAnswers(SMALL_CPU, [[0x1, 0, 0x0003_06c3, 0x0010_0800, 0x1400_1001, 0x0600_0011]]);
    const host = hostFromInstlatx64('a', instlatx64Text(entries));
    expect(presence(host, 'osxsave')).toBe('unknown');
    expect([host.useXsave.value, host.xcr0.value, host.xcr0Known.set, host.xcr0Known.clear & 0xffn]).toEqual([
      null,
      7n,
      0n,
      0xf8n,
    ]);
  });

  it('ospke, where the CPU has protection keys', () => {
    const withKeys = hostFromInstlatx64('a', instlatx64Text(withAnswers(SMALL_CPU, [[0x7, 0, 0, 0x21, 0x8, 0]])));
    expect([presence(withKeys, 'pku'), presence(withKeys, 'ospke')]).toEqual(['present', 'unknown']);
    const enabled = hostFromInstlatx64('a', instlatx64Text(withAnswers(SMALL_CPU, [[0x7, 0, 0, 0x21, 0x18, 0]])));
    expect(presence(enabled, 'ospke')).toBe('present');
    expect(presence(hostFromInstlatx64('a', instlatx64Text(SMALL_CPU)), 'ospke')).toBe('absent');
  });

  it('whether a state is enabled that does not fit into the area', () => {
    const entries = withAnswers(SMALL_CPU, [
      [0xd, 0, 0x207, 832, 2696, 0],
      [0xd, 9, 8, 2688, 0, 0],
    ]);
    const raw = hostFromCpuidDump('a', parseCpuidDump(cpuidText(entries)));
    expect(raw.statesNotEnabled).toBe(0x200n);
    const host = hostFromInstlatx64('a', instlatx64Text(entries));
    expect([host.statesNotEnabled, host.xcr0.value, host.xcr0Known.set]).toEqual([0n, 0x207n, 7n]);
  });

  it('syscall on Intel, where the dump may be of a 32-bit program', () => {
    expect(presence(hostFromInstlatx64('a', instlatx64Text(SMALL_CPU)), 'syscall')).toBe('unknown');
    expect(presence(hostFromInstlatx64('a', instlatx64Text(withAnswers(SMALL_CPU, [AMD]))), 'syscall')).toBe('absent');
    const without64Bit = withAnswers(SMALL_CPU, [[0x8000_0001, 0, 0, 0, 1, 0]]);
    expect(presence(hostFromInstlatx64('a', instlatx64Text(without64Bit)), 'syscall')).toBe('absent');
  });

  it('a cache line of 0 on a CPU with CLFLUSH', () => {
    const flushes = withAnswers(SMALL_CPU, [[0x1, 0, 0x0003_06c3, 0, 0x1c00_1001, 0x0608_0011]]);
    expect(hostFromInstlatx64('a', instlatx64Text(flushes)).cacheLine.value).toBeNull();
    const without = withAnswers(SMALL_CPU, [[0x1, 0, 0x0003_06c3, 0, 0x1c00_1001, 0x0600_0011]]);
    expect(hostFromInstlatx64('a', instlatx64Text(without)).cacheLine.value).toBe(0);
  });

  it('and names the system', () => {
    const text = `Windows Version : Microsoft Windows 11 Pro 10.0.1 (64-bit)\n${instlatx64Text(SMALL_CPU)}`;
    expect(hostFromInstlatx64('a', text).notes).toEqual(['the dump was taken under Microsoft Windows 11 Pro 10.0.1 (64-bit)']);
  });
});

describe('a broken dump', () => {
  it.each([
    ['a line that is cut off', `${lines(SMALL_CPU)}\nCPUID 80000009: 0000`, 'bad-host'],
    ['a leaf number that is cut off', `${lines(SMALL_CPU)}\nCPUID 8000`, 'bad-host'],
    ['no leaf 1', 'CPUID 00000000: 00000001-756E6547-6C65746E-49656E69', 'bad-host'],
    ['a leaf with two answers', `${lines(SMALL_CPU)}\nCPUID 00000001: 00000000-00000000-00000000-00000000 [SL 00]`, 'bad-host'],
    ['thousands of logical CPUs', `${lines([AMD, [1, 0, 0, 0, 0, 0]])}\n`.repeat(8193), 'over-limit'],
  ])('with %s is refused with the line', (_what, text, code) => {
    const error = failure(text);
    expect([error.code, error.place.line]).toEqual([code, expect.any(Number)]);
  });
});

function lines(entries: readonly CpuidEntry[]): string {
  return instlatx64Text(entries)
    .split('\n')
    .filter((line) => /^CPUID [0-9A-F]{8}:/.test(line))
    .join('\n');
}
