import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { parseCpuinfoArm64 } from '../../../src/host/parse-cpuinfo-arm64.ts';

function page(features: string, cpu = 0, part = '0xd0c'): string {
  return [
    `processor\t: ${cpu}`,
    'BogoMIPS\t: 243.75',
    `Features\t: ${features}`,
    'CPU implementer\t: 0x41',
    'CPU architecture: 8',
    'CPU variant\t: 0x3',
    `CPU part\t: ${part}`,
    'CPU revision\t: 1',
    '',
    '',
  ].join('\n');
}

const N1 = 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs';

describe('parseCpuinfoArm64', () => {
  it('reads the line as AT_HWCAP, exactly', () => {
    const evidence = parseCpuinfoArm64(page(N1) + page(N1, 1));
    const unknowns = [...evidence.features.values()].filter((fact) => fact.presence === 'unknown');
    expect(unknowns).toEqual([]);
    expect(evidence.features.get('atomics')?.presence).toBe('present');
    expect(evidence.features.get('sve')?.presence).toBe('absent');
    expect(evidence.hwcap.value).toBe(0x10119fffn);
    expect(evidence.hwcap2.value).toBe(0n);
    expect(evidence.identity).toMatchObject({ arch: 'arm64', implementer: 0x41, variant: 3, part: 0xd0c, revision: 1 });
    expect(evidence.cpus).toBe(2);
  });

  it('knows no whole word when a name is newer than its table, and still every feature', () => {
    const evidence = parseCpuinfoArm64(page(`${N1} dcpodp brandnew`));
    expect(evidence.hwcap.value).toBeNull();
    expect(evidence.hwcap.source).toMatch(/brandnew/);
    expect(evidence.features.get('sve')?.presence).toBe('absent');
  });

  it('says when the cores are of several kinds', () => {
    const evidence = parseCpuinfoArm64(page(N1, 0, '0xd05') + page(N1, 1, '0xd0c'));
    expect(evidence.identity).toBeNull();
    expect(evidence.notes.join()).toMatch(/several kinds/);
  });

  it('names some of very many kinds', () => {
    const pages = Array.from({ length: 3000 }, (_, cpu) => page(`fp asimd own${cpu}`, cpu, `0x${cpu.toString(16)}`));
    const evidence = parseCpuinfoArm64(pages.join(''));
    expect(evidence.cpus).toBe(3000);
    expect(evidence.notes.join().length).toBeLessThan(500);
    expect(evidence.hwcap.value).toBeNull();
  });

  it('concludes nothing from a name that a cut page may have lost', () => {
    const evidence = parseCpuinfoArm64('processor : 0\nFeatures : fp asimd aes');
    expect(evidence.features.get('asimd')?.presence).toBe('present');
    expect(evidence.features.get('aes')?.presence).toBe('unknown');
    expect(evidence.features.get('sve')?.presence).toBe('unknown');
    expect(evidence.hwcap.value).toBeNull();
  });

  it.each([
    ['the view of a 32-bit reader', page('half thumb fastmult vfp edsp neon vfpv3 tls aes pmull'), 'bad-host'],
    ['x86', 'processor : 0\nflags : fpu\n', 'unknown-format'],
    ['no names', page(''), 'bad-host'],
    ['a wrapped line', page(N1).replace(' sha1', '\nsha1'), 'bad-host'],
  ])('refuses %s', (_what, text, code) => {
    try {
      parseCpuinfoArm64(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CkptError);
      expect((error as CkptError).code).toBe(code);
    }
  });
});
