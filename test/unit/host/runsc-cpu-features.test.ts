import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { parseRunscCpuFeatures } from '../../../src/host/parse-runsc-cpu-features.ts';

describe('parseRunscCpuFeatures', () => {
  it('takes the list as exact', () => {
    const evidence = parseRunscCpuFeatures('fpu,lm,sse2,xsave,osxsave,avx,clfushopt,hypervisor\n');
    expect(evidence.arch).toBe('amd64');
    expect([...evidence.features.values()].filter((fact) => fact.presence === 'unknown')).toEqual([]);
    expect(evidence.features.get('clfushopt')?.presence).toBe('present');
    expect(evidence.features.get('avx2')?.presence).toBe('absent');
    expect(evidence.cacheLine.value).toBe(64);
    expect(evidence.useXsave.value).toBe(true);
    expect(evidence.xcr0Known).toEqual({ set: 0x7n, clear: 0n });
    expect(evidence.notEnabled).toBe(0x602f8n);
    expect(evidence.xcr0.value).toBeNull();
    expect(evidence.hypervisor.value).toBeNull();
  });

  it('does not believe what it says of xsave where CPUID may lack it', () => {
    for (const text of ['fpu,lm,sse2', 'fpu,lm,sse2,xsave']) {
      const evidence = parseRunscCpuFeatures(text);
      expect(evidence.features.get('xsave')?.presence).toBe('unknown');
      expect(evidence.useXsave.value).toBe(false);
      expect(evidence.notes.length).toBe(1);
      expect(evidence.cacheLine.value).toBeNull();
      expect(evidence.hypervisor.value).toBe('none');
    }
    expect(parseRunscCpuFeatures('lm,xsave,xsaveopt').features.get('xsave')?.presence).toBe('present');
    expect(parseRunscCpuFeatures('lm,xsave,xsaveopt').useXsave.value).toBe(false);
  });

  it('reads lists of arm64', () => {
    const evidence = parseRunscCpuFeatures('fp,asimd,evtstrm,aes,cpuid');
    expect(evidence.arch).toBe('arm64');
    expect(evidence.features.get('sve')?.presence).toBe('absent');
    expect(evidence.features.size).toBe(24);
    expect(evidence.useXsave.value).toBeNull();
  });

  it.each([
    ['nothing', ' \n', 'unknown-format', undefined],
    ['a name that gVisor does not have', 'fpu,lm,sse9', 'bad-host', 1],
    ["Linux's name", 'fpu,lm,clflushopt', 'bad-host', 1],
    ['an empty name', 'fpu,lm,', 'bad-host', 1],
    ['a name twice', 'fpu,lm,fpu', 'bad-host', 1],
    ['two lines', 'fpu,lm\n\nsse', 'bad-host', 3],
    ['both architectures', 'fp,lm', 'bad-host', 1],
    ['a list that fits both', 'aes', 'bad-host', 1],
    ['prose', 'no such command', 'bad-host', 1],
  ])('refuses %s', (_what, text, code, line) => {
    try {
      parseRunscCpuFeatures(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CkptError);
      expect(error).toMatchObject({ code, place: { layer: 'host' } });
      expect((error as CkptError).place.line).toBe(line);
    }
  });
});
