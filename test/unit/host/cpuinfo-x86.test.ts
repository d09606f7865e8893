import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { MOST_LOGICAL_CPUS } from '../../../src/host/logical-cpus.ts';
import { parseCpuinfoX86 } from '../../../src/host/parse-cpuinfo-x86.ts';
import { linuxPage } from './cpuinfo-pages.ts';

function codeOf(text: string): { code: string; line: number | undefined } {
  try {
    parseCpuinfoX86(text);
  } catch (error) {
    if (error instanceof CkptError) return { code: error.code, line: error.place.line };
    throw error;
  }
  throw new Error('no error');
}

describe('facts of the page', () => {
  it('reads the identity', () => {
    const page = parseCpuinfoX86(linuxPage({ flags: '' }));
    expect(page.identity).toMatchObject({
      arch: 'amd64',
      vendor: 'GenuineIntel',
      family: 6,
      model: 85,
      stepping: 4,
      brand: 'Test CPU : 2',
    });
    expect(page.identity).toMatchObject({ physicalAddressBits: 46, virtualAddressBits: 48 });
    expect(page.microcode.value).toBe('0x1');
    expect(page.hypervisor.value).toBe('none');
    expect(parseCpuinfoX86(linuxPage({ flags: 'hypervisor' })).hypervisor.value).toBeNull();
  });

  it('takes the cache line only where CPUID has CLFLUSH, eight bits of it as gVisor does', () => {
    expect(parseCpuinfoX86(linuxPage({ flags: '' })).cacheLine.value).toBe(64);
    expect(parseCpuinfoX86(linuxPage({ flags: '', clflush: 256 })).cacheLine.value).toBe(0);
    expect(parseCpuinfoX86(linuxPage({ flags: '' }).replace('clflush ', '')).cacheLine.value).toBeNull();
  });

  it('proves bits of XCR0 by their features, and never a cleared one while XSAVE is in use', () => {
    const bits = (flags: string) => parseCpuinfoX86(linuxPage({ flags }));
    expect(bits('xsave').xcr0Known).toEqual({ set: 0x3n, clear: 0n });
    expect(bits('xsave avx mpx pku').xcr0Known.set).toBe(0x21fn);
    expect(bits('xsave avx avx512f amx_tile').xcr0Known.set).toBe(0x600e7n);
    expect(bits('xsave avx').notEnabled).toBe(0x2e0n);
    expect(parseCpuinfoX86(linuxPage({ flags: 'xsave pku', bugs: 'gds' })).notEnabled).toBe(0n);
    expect(bits('xsave avx').useXsave.value).toBe(true);
    expect(bits('').useXsave.value).toBe(false);
    expect(bits('').xcr0Known).toEqual({ set: 0n, clear: 0xffff_ffff_ffff_ffffn });
    expect(bits('').xcr0.value).toBeNull();
  });

  it('takes all logical CPUs for one host; what differs is unknown', () => {
    const page = parseCpuinfoX86(
      linuxPage({ flags: 'xsave avx movbe', cpu: 0 }) + linuxPage({ flags: 'xsave avx', cpu: 1, model: 86, clflush: 128 }),
    );
    expect(page.cpus).toBe(2);
    expect(page.features.get('movbe')?.presence).toBe('unknown');
    expect(page.features.get('movbe')?.source).toMatch(/logical CPUs differ/);
    expect(page.features.get('avx')?.presence).toBe('present');
    expect(page.features.get('avx2')?.presence).toBe('absent');
    expect(page.identity.model).toBeNull();
    expect(page.identity.family).toBe(6);
    expect(page.cacheLine.value).toBeNull();
    expect(page.cacheLine.source).toMatch(/64 on CPU 0, 128 on CPU 1/);
    expect(page.notes.join()).toMatch(/differ in these flags: movbe/);
  });

  it('states the assumption about the kernel command line', () => {
    expect(parseCpuinfoX86(linuxPage({ flags: '' })).notes.join()).toMatch(/clearcpuid=/);
  });

  it('reads thousands of logical CPUs quickly', () => {
    const text = Array.from({ length: 4096 }, (_, cpu) => linuxPage({ flags: 'xsave avx movbe '.repeat(40), cpu })).join('');
    expect(parseCpuinfoX86(text).cpus).toBe(4096);
  });
});

describe('pages that are not', () => {
  const page = linuxPage({ flags: 'xsave' });

  it.each([
    ['nothing', '', 'unknown-format', undefined],
    ['no flags', 'processor : 0\nvendor_id : GenuineIntel\n', 'unknown-format', undefined],
    ['arm64', 'processor : 0\nFeatures : fp asimd\n', 'unknown-format', undefined],
    ['a wrapped line', page.replace(' cpuid', '\ncpuid'), 'bad-host', 10],
    ['flags twice', page.replace('bugs\t\t:', 'flags\t\t:'), 'bad-host', 10],
    ['a key twice', page.replace('bugs\t\t:', 'model\t\t:'), 'bad-host', 10],
    ['a CPU twice', page + page, 'bad-host', 15],
    ['a CPU without flags', `${page}processor\t: 1\nmodel\t: 1\n`, 'bad-host', 15],
  ])('%s', (_what, text, code, line) => {
    expect(codeOf(text)).toEqual({ code, line });
  });

  it('answers every cut of a page with evidence or a typed error, and never with a flag that is not there', () => {
    const names = new Set(linuxPage({ flags: 'xsave avx512f sse4a' }).split(/\s+/));
    const text = linuxPage({ flags: 'xsave avx512f sse4a' });
    for (let length = 0; length <= text.length; length++) {
      try {
        for (const [name, fact] of parseCpuinfoX86(text.slice(0, length)).features) {
          if (fact.presence === 'present' && name !== 'osxsave') expect(names.has(name), `${name} at ${length}`).toBe(true);
          if (fact.presence === 'absent') expect(length).toBeGreaterThan(text.indexOf('bugs'));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(CkptError);
      }
    }
  });

  it('takes carriage returns and odd keys as text', () => {
    const odd = page.replaceAll('\n', '\r\n').replace('microcode', '__proto__');
    expect(parseCpuinfoX86(odd).features.get('xsave')?.presence).toBe('present');
  });
});

describe('a page that is cut off', () => {
  it('does not give the rest of a number for the number', () => {
    const page = linuxPage({ flags: 'xsave avx' });
    const cut = parseCpuinfoX86(page.slice(0, page.indexOf('clflush size\t: 64') + 'clflush size\t: 6'.length));
    expect(cut.cacheLine.value).toBeNull();
    expect(parseCpuinfoX86(page.slice(0, page.indexOf('address sizes'))).cacheLine.value).toBe(64);
  });

  it('does not give the beginning of the bugs for all of them', () => {
    const page = linuxPage({ flags: 'xsave avx', bugs: 'spectre_v1 gds' });
    const cut = parseCpuinfoX86(page.slice(0, page.indexOf(' gds')));
    expect(cut.notes.join()).toContain('not whole');
    expect(cut.features.get('avx2')?.presence).toBe('unknown');
  });

  it('is refused where a logical CPU has lost its flags', () => {
    const page = linuxPage({ flags: 'xsave avx' }) + linuxPage({ flags: 'xsave avx', cpu: 1 });
    expect(codeOf(page.slice(0, page.lastIndexOf('cpu family'))).code).toBe('bad-host');
    expect(codeOf(page.slice(0, page.lastIndexOf('Intel'))).code).toBe('bad-host');
  });
});

describe('pages of a size that no kernel writes', () => {
  it('with words of a million letters are read', () => {
    const page = parseCpuinfoX86(`processor : 0\nflags : fpu ${'a'.repeat(1_000_000)} ${'b'.repeat(1_000_000)}`);
    expect(page.features.get('fpu')?.presence).toBe('present');
  });

  it('with as many different logical CPUs as Linux has are read, and with more are not', () => {
    const cpu = (number: number): string =>
      linuxPage({ flags: `avx own${number}`, cpu: number, model: number, bugs: `bug${number}` });
    const most = Array.from({ length: MOST_LOGICAL_CPUS }, (_, number) => cpu(number)).join('');
    const page = parseCpuinfoX86(most);
    expect(page.cpus).toBe(MOST_LOGICAL_CPUS);
    expect(page.features.get('avx')?.presence).toBe('present');
    expect(page.notes.join()).toContain(`and ${MOST_LOGICAL_CPUS - 64} more`);
    expect(codeOf(most + cpu(MOST_LOGICAL_CPUS)).code).toBe('over-limit');
  });
});
