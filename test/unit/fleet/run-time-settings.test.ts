import { describe, expect, it } from 'vitest';
import { featuresOf } from '../../../src/cpu/feature-names.ts';
import { runTimeSettings } from '../../../src/fleet/run-time-settings.ts';

const AVX512 = featuresOf('amd64')
  .map(({ name }) => name)
  .filter((name) => name.startsWith('avx512'));
const of = (lost: readonly string[], state: { avx?: boolean; avx512?: boolean } = {}) =>
  Object.fromEntries(
    runTimeSettings(lost, { avx: false, avx512: false, ...state }).map(({ program, setting }) => [program, setting]),
  );

describe('runTimeSettings', () => {
  it('says nothing when nothing is lost that a library would use', () => {
    expect(of([])).toEqual({});
    expect(of(['smap', 'hypervisor', 'pcid', 'cr8_legacy'])).toEqual({});
  });

  it('switches AVX-512 off everywhere, and nothing else', () => {
    expect(of(AVX512, { avx512: true })).toEqual({
      glibc: 'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD',
      OpenJDK: 'JAVA_TOOL_OPTIONS=-XX:UseAVX=2',
      OpenSSL: 'OPENSSL_ia32cap=:~0xc0230000',
      'Node.js (simdutf)': 'SIMDUTF_FORCE_IMPLEMENTATION=haswell',
      NumPy: 'NPY_DISABLE_CPU_FEATURES=X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL',
      OpenBLAS: 'OPENBLAS_CORETYPE=Haswell',
      Go: 'GODEBUG=cpu.avx512f=off,cpu.avx512bw=off,cpu.avx512vl=off',
      '.NET': 'DOTNET_EnableAVX512F=0 DOTNET_EnableAVX512=0',
    });
  });

  it('clears the bits of CPUID where OpenSSL looks', () => {
    expect(of(['aes'])['OpenSSL']).toBe('OPENSSL_ia32cap=~0x200000000000000');
    expect(of(['sha_ni'])['OpenSSL']).toBe('OPENSSL_ia32cap=:~0x20000000');
    expect(of(['avx2'])['OpenSSL']).toBe('OPENSSL_ia32cap=:~0x20');
    expect(of(['pclmulqdq', 'aes', 'vaes', 'vpclmulqdq'])['OpenSSL']).toBe('OPENSSL_ia32cap=~0x200000200000000:~0x60000000000');
  });

  it('goes down to SSE when AVX is lost', () => {
    const settings = of(['avx', 'avx2', 'fma', 'f16c', ...AVX512], { avx: true, avx512: true });
    expect(settings['glibc']).toBe(
      'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX_Fast_Unaligned_Load,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD',
    );
    expect(settings['OpenJDK']).toBe('JAVA_TOOL_OPTIONS=-XX:UseAVX=0');
    expect(settings['Node.js (V8)']).toBe('--no-enable-avx --no-enable-avx2 --no-enable-fma3');
    expect(settings['Node.js (simdutf)']).toBe('SIMDUTF_FORCE_IMPLEMENTATION=westmere');
  });

  it('says of each row how it is known', () => {
    for (const row of runTimeSettings([...AVX512, 'avx', 'avx2'], { avx: true, avx512: true })) {
      expect(row.source).not.toBe('');
      expect(row.basis).not.toBe('');
    }
  });
});
