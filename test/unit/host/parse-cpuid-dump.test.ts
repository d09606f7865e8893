import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { hostFromCpuidDump } from '../../../src/host/host-from-cpuid.ts';
import { MOST_LOGICAL_CPUS } from '../../../src/host/logical-cpus.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import {
  cpuidText,
  fixtureHosts,
  fixtureText,
  leafLines,
  SMALL_CPU,
  SMALL_CPU_FEATURES,
  withAnswers,
} from '../../support/host-dumps.ts';

const having = (features: ReadonlyMap<string, { presence: string }>, presence: string): string[] =>
  [...features].filter(([, fact]) => fact.presence === presence).map(([name]) => name);

function failure(text: string): CkptError {
  try {
    parseCpuidDump(text);
  } catch (error) {
    if (error instanceof CkptError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('cpuid -r', () => {
  it('gives every leaf of one CPU', () => {
    const dump = parseCpuidDump(cpuidText(SMALL_CPU));
    expect(dump.tool).toBe('cpuid');
    expect(dump.cpus.map((cpu) => cpu.label)).toEqual(['CPU']);
    expect(dump.cpus[0]?.table.entries).toEqual(SMALL_CPU);
  });

  it('is read with CRLF, without a header and without indentation', () => {
    expect(parseCpuidDump(leafLines(SMALL_CPU).replaceAll('\n', '\r\n')).cpus[0]?.table.entries).toEqual(SMALL_CPU);
  });

  it('becomes an exact host', () => {
    const host = hostFromCpuidDump('a', parseCpuidDump(cpuidText(SMALL_CPU)));
    expect(having(host.features, 'present').sort()).toEqual([...SMALL_CPU_FEATURES].sort());
    expect(having(host.features, 'unknown')).toEqual([]);
    expect(host.cacheLine.value).toBe(64);
    expect(host.xcr0.value).toBe(7n);
    expect(host.xcr0Known).toEqual({ set: 7n, clear: 0xffff_ffff_ffff_fff8n });
    expect(host.useXsave.value).toBe(true);
    expect(host.hypervisor.value).toBe('none');
    expect(host.identity?.vendor).toBe('GenuineIntel');
  });

  it('keeps logical CPUs apart and ignores their APIC ids', () => {
    const second = withAnswers(SMALL_CPU, [[0x1, 0, 0x0003_06c3, 0x0110_0800, 0x1c00_1001, 0x0600_0011]]);
    const host = hostFromCpuidDump('a', parseCpuidDump(`CPU 0:\n${leafLines(SMALL_CPU)}CPU 1:\n${leafLines(second)}`));
    expect(having(host.features, 'unknown')).toEqual([]);
    expect(host.notes).toEqual([]);
    expect(host.provenance).toContain('2 logical CPUs');
  });

  it('calls unknown what differs between logical CPUs', () => {
    const second = withAnswers(SMALL_CPU, [
      [0x1, 0, 0x0003_06c3, 0x0110_1000, 0x1c00_1001, 0x0600_0011],
      [0x7, 0, 0, 0x0000_0001, 0, 0],
      [0xd, 0, 3, 576, 576, 0],
    ]);
    const host = hostFromCpuidDump('a', parseCpuidDump(`CPU 0:\n${leafLines(SMALL_CPU)}CPU 7:\n${leafLines(second)}`));
    expect(having(host.features, 'unknown')).toEqual(['avx2']);
    expect(host.features.get('avx2')?.source).toContain('present on CPU 0, absent on CPU 7');
    expect(host.cacheLine).toEqual({ value: null, source: 'logical CPUs differ: CPU 0 has 64, CPU 7 has 128' });
    expect(host.xcr0.value).toBeNull();
    expect(host.xcr0Known).toEqual({ set: 3n, clear: 0xffff_ffff_ffff_fff8n });
    expect(host.notes.join()).toContain('CPU 0, CPU 7');
  });

  it('names the first logical CPU that differs, and stays with it', () => {
    const cpus = [64, 64, 128, 64, 192].map((line, cpu) => {
      const info = [0x1, 0, 0x0003_06c3, (line / 8) << 8, 0x1c00_1001, 0x0600_0011] as const;
      return `CPU ${cpu}:\n${leafLines(withAnswers(SMALL_CPU, [info, [0x7, 0, 0, cpu < 3 ? 0x21 : 0x1, 0, 0]]))}`;
    });
    const host = hostFromCpuidDump('a', parseCpuidDump(cpus.join('')));
    expect(host.cacheLine).toEqual({ value: null, source: 'logical CPUs differ: CPU 0 has 64, CPU 2 has 128' });
    expect(host.features.get('avx2')?.source).toContain('present on CPU 0, absent on CPU 3');
    expect(host.features.get('avx')?.presence).toBe('present');
    expect(host.notes.join()).toContain('(CPU 0, CPU 2, CPU 3, CPU 4)');
  });

  it('knows of a logical CPU whose part is cut off only what is there', () => {
    const cut = leafLines(SMALL_CPU.slice(0, 3));
    const host = hostFromCpuidDump('a', parseCpuidDump(`CPU 0:\n${leafLines(SMALL_CPU)}CPU 1:\n${cut}`));
    expect(host.features.get('avx')?.presence).toBe('present');
    for (const name of ['avx2', 'xsaveopt', 'lm', 'bmi1']) expect(host.features.get(name)?.presence).toBe('unknown');
    expect(host.xcr0.value).toBeNull();
  });

  it('takes as many logical CPUs as Linux has, each of another kind, and no more', () => {
    const cpu = (number: number): string =>
      `CPU ${number}:\n${leafLines([
        [0x0, 0, 0x1, 0, 0, 0],
        [0x1, 0, 0, 0x800, number, 0x0600_0011],
      ])}`;
    const most = Array.from({ length: MOST_LOGICAL_CPUS }, (_, number) => cpu(number)).join('');
    const host = hostFromCpuidDump('a', parseCpuidDump(most));
    expect(host.provenance).toContain('8192 logical CPUs');
    expect(host.features.get('sse2')?.presence).toBe('present');
    expect(host.features.get('pni')?.presence).toBe('unknown');
    const error = failure(most + cpu(MOST_LOGICAL_CPUS));
    expect(error.code).toBe('over-limit');
    expect(error.place.line).toBe(MOST_LOGICAL_CPUS * 3 + 1);
  });

  it('says that a host without XSAVE uses none, whatever runsc makes of `xsave`', () => {
    const without = withAnswers(SMALL_CPU, [[0x1, 0, 0x0003_06c3, 0x0010_0800, 0x0000_0001, 0x0600_0011]]);
    const host = hostFromCpuidDump('a', parseCpuidDump(leafLines(without)));
    expect(host.useXsave.value).toBe(false);
    expect(host.xcr0.value).toBeNull();
    expect(host.features.get('xsave')?.presence).toBe('unknown');
  });

  it.each([
    ['another line', `${cpuidText(SMALL_CPU)}vendor_id = "GenuineIntel"\n`, 'bad-host', 11],
    ['a leaf twice', leafLines([...SMALL_CPU, ...SMALL_CPU.slice(0, 1)]), 'bad-host', 10],
    ['a CPU twice', `CPU 0:\n${leafLines(SMALL_CPU)}CPU 0:\n`, 'bad-host', 11],
    ['a subleaf that no CPU has', leafLines([[0, 0x1_0000, 0, 0, 0, 0]]), 'bad-host', 1],
    ['a line that is cut off in its last register', leafLines(SMALL_CPU).slice(0, -4), 'bad-host', 9],
    ['no leaf 1', leafLines(SMALL_CPU.slice(0, 1)), 'bad-host', undefined],
    ['an empty CPU', `CPU 0:\n${leafLines(SMALL_CPU)}CPU 1:\n`, 'bad-host', undefined],
  ])('refuses %s', (_what, text, code, line) => {
    const error = failure(text);
    expect(error.code).toBe(code);
    expect(error.place.line).toBe(line);
  });
});

describe('kcpuid -r', () => {
  const KCPUID = `Basic Leafs :
================
0x00000000: EAX=0x0000000d, EBX=0x756e6547, ECX=0x6c65746e, EDX=0x49656e69
0x00000001: EAX=0x000306c3, EBX=0x00100800, ECX=0x1c001001, EDX=0x06000011
0x00000007: subleafs:
  0: EAX=0x00000000, EBX=0x00000021, ECX=0x00000000, EDX=0x00000000
0x0000000d: subleafs:
  0: EAX=0x00000007, EBX=0x00000340, ECX=0x00000340, EDX=0x00000000
  1: EAX=0x00000001, EBX=0x00000000, ECX=0x00000000, EDX=0x00000000
Extended Leafs :
================
0x80000000: EAX=0x80000008, EBX=0x00000000, ECX=0x00000000, EDX=0x00000000
0x80000001: EAX=0x00000000, EBX=0x00000000, ECX=0x00000001, EDX=0x20000000
0x80000008: EAX=0x00003027, EBX=0x00000000, ECX=0x00000000, EDX=0x00000000
`;

  it('gives the same features as cpuid -r', () => {
    const dump = parseCpuidDump(KCPUID);
    expect(dump.tool).toBe('kcpuid');
    const host = hostFromCpuidDump('a', dump);
    expect(host.features).toEqual(hostFromCpuidDump('a', parseCpuidDump(cpuidText(SMALL_CPU))).features);
    expect(host.xcr0.value).toBe(7n);
  });

  it('takes a leaf within the range that is not there for zeros', () => {
    const dump = parseCpuidDump(KCPUID.replace(/0x00000007: subleafs:\n.*\n/, ''));
    expect(dump.cpus[0]?.table.get(7)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
    expect(dump.cpus[0]?.table.get(0x20)).toBeUndefined();
  });

  it.each([
    ['another line', `${KCPUID}ERR: invalid input index\n`, 15],
    ['a subleaf before any leaf', ` 0: EAX=0x00000000, EBX=0x00000021, ECX=0x00000000, EDX=0x00000000\n`, 1],
    ['a leaf twice', KCPUID + KCPUID, 17],
  ])('refuses %s', (_what, text, line) => {
    const error = failure(text);
    expect(error.code).toBe('bad-host');
    expect(error.place.line).toBe(line);
  });
});

const hosts = fixtureHosts();
describe.skipIf(hosts === null)('cpuid.txt of the fixture hosts', () => {
  const dumped = (hosts?.names ?? []).filter((host) => fixtureText(hosts?.directory ?? '', host, 'cpuid.txt') !== null);

  it('are there', () => expect(dumped.length).toBeGreaterThan(5));

  it.each(dumped)('%s: features are those of runsc cpu-features', (name) => {
    const host = hostFromCpuidDump(name, parseCpuidDump(fixtureText(hosts?.directory ?? '', name, 'cpuid.txt') ?? ''));
    const listed = new Set((fixtureText(hosts?.directory ?? '', name, 'cpu-features.txt') ?? '').trim().split(','));
    for (const [feature, fact] of host.features) {
      if (fact.presence === 'unknown') continue;
      expect(`${feature}: ${fact.presence}`).toBe(`${feature}: ${listed.has(feature) ? 'present' : 'absent'}`);
    }
    for (const feature of listed) expect([...host.features.keys()]).toContain(feature);
  });
});
