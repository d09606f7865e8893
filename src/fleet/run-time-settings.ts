/**
 * Settings that keep programs to a level where the CPU cannot hide CPUID from them.
 *
 * The annotation changes what the instruction CPUID answers only where the CPU can fault it. Elsewhere run-time libraries see the real CPU,
 * use registers that another host lacks, and the gate `fpu-state` refuses the image although its features fit. What was tried was
 * tried on an AMD EPYC (Zen 5, no CPUID faulting): XSTATE_BV of all threads, read many times during work (ptrace, NT_X86_XSTATE), and
 * for glibc in images of runsc 0.0~20240729.0 and release-20260817.0 too.
 */
import { featureNamed } from '../cpu/feature-names.ts';

/** One setting, filled in for a level. */
export interface RunTimeSetting {
  readonly program: string;
  /** How it is given: in the environment of the process, or among its arguments. */
  readonly kind: 'environment' | 'argument';
  readonly setting: string;
  /** `experiment`: tried, see `basis`; `documentation`: as its makers describe it, and not tried. */
  readonly verified: 'experiment' | 'documentation';
  /** What was seen, or what is to be known. */
  readonly basis: string;
  readonly source: string;
}

/** Register state that a level takes away. */
export interface LostState {
  readonly avx512: boolean;
  readonly avx: boolean;
}

interface Row extends Omit<RunTimeSetting, 'setting' | 'verified' | 'basis'> {
  /** The setting, or null when nothing is lost that it could switch off. */
  readonly setting: (lost: ReadonlySet<string>, state: LostState) => string | null;
  readonly evidence: (state: LostState) => Pick<RunTimeSetting, 'verified' | 'basis'>;
}

const AVX512_GLIBC = ['AVX512F', 'AVX512VL', 'AVX512BW', 'AVX512DQ', 'AVX512CD'];
const AVX_GLIBC = ['AVX', 'AVX2', 'FMA', 'FMA4', 'AVX_Fast_Unaligned_Load'];

/** glibc's names of single features; each changed what `ld.so --list-diagnostics` of glibc 2.36 says is active. */
const GLIBC_NAMES: Readonly<Record<string, string>> = {
  avx2: 'AVX2',
  fma: 'FMA',
  bmi1: 'BMI1',
  bmi2: 'BMI2',
  abm: 'LZCNT',
  movbe: 'MOVBE',
  popcnt: 'POPCNT',
  ssse3: 'SSSE3',
  sse4_1: 'SSE4_1',
  sse4_2: 'SSE4_2',
  erms: 'ERMS',
};

/** Names of Go's own switches. @see Go src/internal/cpu/cpu_x86.go: doinit */
const GO_NAMES: Readonly<Record<string, string>> = {
  adx: 'adx',
  aes: 'aes',
  avx: 'avx',
  avx2: 'avx2',
  avx512f: 'avx512f',
  avx512bw: 'avx512bw',
  avx512vl: 'avx512vl',
  bmi1: 'bmi1',
  bmi2: 'bmi2',
  erms: 'erms',
  fma: 'fma',
  pclmulqdq: 'pclmulqdq',
  popcnt: 'popcnt',
  sha_ni: 'sha',
  pni: 'sse3',
  sse4_1: 'sse41',
  sse4_2: 'sse42',
  ssse3: 'ssse3',
};

/** Features whose bits OpenSSL looks at, apart from the x86-64 base. @see OpenSSL doc/man3/OPENSSL_ia32cap.pod */
const OPENSSL_FEATURES = [
  'pclmulqdq',
  'ssse3',
  'movbe',
  'aes',
  'avx',
  'rdrand',
  'bmi1',
  'avx2',
  'bmi2',
  'avx512f',
  'avx512dq',
  'rdseed',
  'adx',
  'sha_ni',
  'avx512bw',
  'avx512vl',
  'vaes',
  'vpclmulqdq',
];
/** Bit 64+21: AVX512IFMA, which gVisor cannot name. */
const AVX512_IFMA_BIT = 21n;

const ROWS: readonly Row[] = [
  {
    program: 'glibc',
    kind: 'environment',
    setting: (lost, state) => {
      const names = new Set([...(state.avx ? AVX_GLIBC : []), ...(state.avx512 ? AVX512_GLIBC : [])]);
      for (const [feature, name] of Object.entries(GLIBC_NAMES)) if (lost.has(feature)) names.add(name);
      return names.size === 0 ? null : `GLIBC_TUNABLES=glibc.cpu.hwcaps=${[...names].map((name) => `-${name}`).join(',')}`;
    },
    evidence: ({ avx, avx512 }) => ({
      verified: 'experiment',
      basis: avx
        ? 'glibc 2.36, string functions in a loop: with AVX and AVX512* off, saved threads hold SSE state only; names are case-sensitive, unknown ones are ignored'
        : avx512
          ? 'glibc 2.36, string functions in a loop: with all five AVX512 names off no saved thread holds AVX-512 state (AVX512F or AVX512VL alone do not suffice); a levelled shell so started restored without AVX-512; names are case-sensitive, unknown ones are ignored'
          : 'glibc 2.36: ld.so --list-diagnostics shows the features as not active; names are case-sensitive, unknown ones are ignored',
    }),
    source: 'glibc manual, Hardware Capability Tunables; sysdeps/x86/cpu-tunables.c',
  },
  {
    program: 'OpenJDK',
    kind: 'environment',
    setting: (lost, { avx, avx512 }) => {
      const level = avx ? 0 : lost.has('avx2') ? 1 : avx512 ? 2 : null;
      return level === null ? null : `JAVA_TOOL_OPTIONS=-XX:UseAVX=${level}`;
    },
    evidence: ({ avx }) =>
      avx
        ? {
            verified: 'experiment',
            basis:
              'OpenJDK 17.0.15 with the glibc setting: no AVX-512 state, but AVX state remained in a thread, so that hosts without AVX still refuse the image',
          }
        : {
            verified: 'experiment',
            basis:
              'OpenJDK 17.0.15 with -XX:UseAVX=2 and the glibc setting: no AVX-512 state in any thread; with one of them alone there was. Builds with CRaC also have -XX:CPUFeatures=generic (not tried)',
          },
    source: 'OpenJDK src/hotspot/cpu/x86/globals_x86.hpp: UseAVX; CRaC documentation, CPU Features',
  },
  {
    program: 'OpenSSL',
    kind: 'environment',
    setting: (lost, state) => opensslMask(lost, state),
    evidence: ({ avx512 }) => ({
      verified: 'experiment',
      basis: avx512
        ? 'OpenSSL 3.0.19, `openssl speed rsa2048` with the glibc setting: AVX-512 state without the mask, none with it; `openssl info -cpusettings` shows the bits cleared. An empty value switches everything off'
        : 'OpenSSL 3.0.19: `openssl info -cpusettings` shows the bits cleared. An empty value switches everything off',
    }),
    source: 'OpenSSL doc/man3/OPENSSL_ia32cap.pod',
  },
  {
    program: 'Node.js (simdutf)',
    kind: 'environment',
    setting: (lost, { avx512 }) =>
      lost.has('sse4_2')
        ? 'SIMDUTF_FORCE_IMPLEMENTATION=fallback'
        : lost.has('avx2')
          ? 'SIMDUTF_FORCE_IMPLEMENTATION=westmere'
          : avx512
            ? 'SIMDUTF_FORCE_IMPLEMENTATION=haswell'
            : null,
    evidence: () => ({
      verified: 'experiment',
      basis:
        'Node.js 20.20.2 with the glibc setting: opmask state (AVX-512) remained without it; with haswell and with westmere there was none',
    }),
    source: 'simdutf README: SIMDUTF_FORCE_IMPLEMENTATION',
  },
  {
    program: 'Node.js (V8)',
    kind: 'argument',
    setting: (lost, { avx }) => {
      const flags = [
        ...(avx ? ['--no-enable-avx', '--no-enable-avx2', '--no-enable-fma3'] : []),
        ...(!avx && lost.has('avx2') ? ['--no-enable-avx2'] : []),
        ...(!avx && lost.has('fma') ? ['--no-enable-fma3'] : []),
        ...(lost.has('bmi1') ? ['--no-enable-bmi1'] : []),
        ...(lost.has('bmi2') ? ['--no-enable-bmi2'] : []),
        ...(lost.has('abm') ? ['--no-enable-lzcnt'] : []),
        ...(lost.has('popcnt') ? ['--no-enable-popcnt'] : []),
      ];
      return flags.length === 0 ? null : flags.join(' ');
    },
    evidence: ({ avx }) =>
      avx
        ? {
            verified: 'experiment',
            basis: 'Node.js 20.20.2 with the settings of glibc, OpenSSL and simdutf: x87 and SSE state only',
          }
        : { verified: 'documentation', basis: 'V8 generates no AVX-512 code by itself' },
    source: 'node --v8-options',
  },
  {
    program: 'NumPy',
    kind: 'environment',
    setting: (lost, { avx512 }) => {
      const names = [
        ...(lost.has('avx2') ? ['X86_V3', 'AVX2', 'FMA3'] : []),
        ...(avx512
          ? ['X86_V4', 'AVX512_ICL', 'AVX512_SPR', 'AVX512F', 'AVX512CD', 'AVX512_SKX', 'AVX512_CLX', 'AVX512_CNL']
          : []),
      ];
      return names.length === 0 ? null : `NPY_DISABLE_CPU_FEATURES=${names.join(' ')}`;
    },
    evidence: ({ avx512 }) =>
      avx512
        ? {
            verified: 'experiment',
            basis:
              'NumPy 2.4.6 with the glibc setting: AVX-512 state without it, none with it. Names changed with NumPy 2.4; those that a version does not know cost a warning. OpenBLAS inside NumPy has a setting of its own, OPENBLAS_CORETYPE=Haswell',
          }
        : { verified: 'experiment', basis: 'NumPy 2.4.6: __cpu_features__ shows them off' },
    source: 'NumPy reference, CPU dispatch: NPY_DISABLE_CPU_FEATURES',
  },
  {
    program: 'OpenBLAS',
    kind: 'environment',
    setting: (lost, { avx512 }) => (lost.has('avx2') ? 'OPENBLAS_CORETYPE=Nehalem' : avx512 ? 'OPENBLAS_CORETYPE=Haswell' : null),
    evidence: () => ({ verified: 'documentation', basis: 'in builds that choose kernels at run time (DYNAMIC_ARCH)' }),
    source: 'OpenBLAS README: OPENBLAS_CORETYPE',
  },
  {
    program: 'Go',
    kind: 'environment',
    setting: (lost) => {
      const names = Object.entries(GO_NAMES).filter(([feature]) => lost.has(feature));
      return names.length === 0 ? null : `GODEBUG=${names.map(([, name]) => `cpu.${name}=off`).join(',')}`;
    },
    evidence: () => ({
      verified: 'documentation',
      basis:
        'for the standard library and the run-time of Go; names that a version does not know are ignored, and code of other packages that asks CPUID itself is not bound',
    }),
    source: 'Go src/internal/cpu/cpu.go: processOptions; cpu_x86.go',
  },
  {
    program: '.NET',
    kind: 'environment',
    setting: (lost, { avx, avx512 }) => {
      const names = [
        ...(avx ? ['DOTNET_EnableAVX=0'] : []),
        ...(lost.has('avx2') ? ['DOTNET_EnableAVX2=0'] : []),
        ...(avx512 ? ['DOTNET_EnableAVX512F=0', 'DOTNET_EnableAVX512=0'] : []),
      ];
      return names.length === 0 ? null : names.join(' ');
    },
    evidence: ({ avx512 }) => ({
      verified: 'documentation',
      basis: avx512
        ? 'EnableAVX512F is the name in .NET 8 and 9, EnableAVX512 the one since .NET 10; unknown ones are ignored'
        : 'each is read at the start of the run-time',
    }),
    source: '.NET src/coreclr/inc/clrconfigvalues.h',
  },
];

/**
 * What to set so that programs stay within a level.
 *
 * @param lost features that some host has and the level has not
 */
export function runTimeSettings(lost: readonly string[], state: LostState): RunTimeSetting[] {
  const names = new Set(lost);
  return ROWS.flatMap(({ program, kind, setting, evidence, source }) => {
    const text = setting(names, state);
    return text === null ? [] : [{ program, kind, setting: text, ...evidence(state), source }];
  });
}

/**
 * The bits to clear: two words of 64 bits, CPUID leaf 1 (EDX, ECX) and leaf 7 (EBX, ECX).
 *
 * @see OpenSSL doc/man3/OPENSSL_ia32cap.pod
 */
function opensslMask(lost: ReadonlySet<string>, { avx512 }: LostState): string | null {
  const words: Record<number, bigint> = { 1: 0n, 7: 0n };
  for (const name of OPENSSL_FEATURES) {
    const feature = lost.has(name) ? featureNamed('amd64', name) : undefined;
    if (feature === undefined || feature.leaf === null) continue;
    words[feature.leaf] = (words[feature.leaf] ?? 0n) | (1n << BigInt(feature.bit + (feature.register === 'ecx' ? 32 : 0)));
  }
  const first = words[1] ?? 0n;
  const second = (words[7] ?? 0n) | (avx512 ? 1n << AVX512_IFMA_BIT : 0n);
  if (first === 0n && second === 0n) return null;
  const clear = (word: bigint): string => (word === 0n ? '' : `~0x${word.toString(16)}`);
  return `OPENSSL_ia32cap=${clear(first)}${second === 0n ? '' : `:${clear(second)}`}`;
}
