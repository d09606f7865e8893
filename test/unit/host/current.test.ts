import { describe, expect, it } from 'vitest';
import { CpuidTable } from '../../../src/cpu/cpuid-table.ts';
import { CkptError } from '../../../src/errors.ts';
import { currentRunscVersion, describeCurrentHost } from '../../../src/host/current.ts';
import { evidenceOf } from '../../../src/host/host-evidence.ts';
import type { OperatingSystem } from '../../../src/host/operating-system.ts';
import { probeText, SMALL_CPU } from '../../support/host-dumps.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const LIST = 'lm,fpu,tsc,sse,sse2,osxsave,xsave,avx,pni';
const CPUINFO = `processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 60
stepping\t: 3
flags\t\t: fpu tsc sse sse2 clflush lm nopl cpuid pse pni xsave avx
bugs\t\t:
clflush size\t: 64

`;

function failing(code: string): never {
  throw Object.assign(new Error(code), { code });
}

/** An operating system on which nothing works. */
const NOTHING: OperatingSystem = {
  platform: () => ({ os: 'linux', arch: 'x64', kernel: '6.1.0-test' }),
  runTemporary: () => ({ ok: false, failed: [{ directory: '/tmp', reason: 'mounted noexec' }] }),
  run: async () => ({ outcome: 'not-started', code: 'ENOENT', reason: 'spawn ENOENT' }),
  cpuidDevices: () => [],
  readCpuidDevice: () => failing('ENXIO'),
  readFile: (path) => {
    throw new CkptError('not-found', { layer: 'file', file: path }, { expected: 'a file', found: 'nothing' });
  },
};
const AUTO = { name: 'current', probe: true, runsc: 'auto' } as const;
const table = new CpuidTable(SMALL_CPU);
const answers: OperatingSystem['readCpuidDevice'] = (_cpu, questions) =>
  questions.map(([leaf, subleaf]) => {
    const registers = table.get(leaf, subleaf);
    return [registers?.eax ?? 0, registers?.ebx ?? 0, registers?.ecx ?? 0, registers?.edx ?? 0] as const;
  });

describe('the current host', () => {
  it('is described by the probe first, and nothing else is asked', async () => {
    const host = await describeCurrentHost(AUTO, {
      ...NOTHING,
      runTemporary: () => ({ ok: true, stdout: bytes(probeText(SMALL_CPU)), directory: '/tmp', failed: [] }),
      run: () => failing('must not be asked'),
    });
    expect(host).toMatchObject({ name: 'current', source: 'probe', rejected: [], provenance: 'CPUID, read by the probe' });
    expect(evidenceOf(host)).toBe('exact');
    expect(host.kernel.value).toBe('6.1.0-test');
    expect(host.mxcsrMask.value).toBe(0xffff);
  });

  it('is described by the cpuid device when the probe does not run', async () => {
    const host = await describeCurrentHost(AUTO, { ...NOTHING, cpuidDevices: () => [0, 1], readCpuidDevice: answers });
    expect(host).toMatchObject({ source: 'dev-cpuid', rejected: [{ source: 'probe', reason: '/tmp: mounted noexec' }] });
    expect(evidenceOf(host)).toBe('exact');
    expect(host.kernel.value).toBe('6.1.0-test');
  });

  it('is described by runsc when there is no device', async () => {
    const host = await describeCurrentHost(
      { ...AUTO, probe: false },
      { ...NOTHING, run: async () => ({ outcome: 'ended', status: 0, signal: null, stdout: bytes(LIST) }) },
    );
    expect(host.source).toBe('runsc');
    expect(host.rejected.map(({ source }) => source)).toEqual(['probe', '/dev/cpu/N/cpuid']);
    expect(host.rejected[0]?.reason).toBe('switched off');
  });

  it('is described by /proc/cpuinfo when runsc is too old', async () => {
    const host = await describeCurrentHost(AUTO, {
      ...NOTHING,
      run: async () => ({ outcome: 'ended', status: 128, signal: null, stdout: bytes('Usage: runsc <flags>') }),
      readFile: (path) => (path === '/proc/cpuinfo' ? bytes(CPUINFO) : NOTHING.readFile(path)),
    });
    expect(host.source).toBe('cpuinfo');
    expect(host.features.get('avx')?.presence).toBe('present');
    expect(evidenceOf(host)).toBe('partial');
    expect(host.rejected.map(({ source }) => source)).toEqual(['probe', '/dev/cpu/N/cpuid', 'runsc cpu-features']);
    expect(host.rejected[2]?.reason).toContain('no command cpu-features');
  });

  it('does not run runsc when that is switched off', async () => {
    const system = { ...NOTHING, run: () => failing('must not be asked'), readFile: () => bytes(CPUINFO) };
    expect((await describeCurrentHost({ ...AUTO, runsc: 'never' }, system)).source).toBe('cpuinfo');
  });

  it('goes on to the next evidence when the probe writes nonsense', async () => {
    const host = await describeCurrentHost(AUTO, {
      ...NOTHING,
      runTemporary: () => ({ ok: true, stdout: bytes('ckpt-probe 1\n'), directory: '/tmp', failed: [] }),
      cpuidDevices: () => [0],
      readCpuidDevice: answers,
    });
    expect(host.source).toBe('dev-cpuid');
    expect(host.rejected[0]?.reason).toContain('end');
  });

  it('cannot be described without evidence, and the error names all that was tried', async () => {
    await expect(describeCurrentHost(AUTO, NOTHING)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/probe: .*noexec.*cpuid.*runsc.*\/proc\/cpuinfo/),
    });
  });

  it.each([
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'riscv64'],
  ])('cannot be %s on %s', async (os, arch) => {
    const system = { ...NOTHING, platform: () => ({ os, arch, kernel: '1' }) };
    await expect(describeCurrentHost(AUTO, system)).rejects.toMatchObject({
      code: 'unsupported',
      facts: { found: `${os} on ${arch}` },
    });
  });

  it('on arm64 is what AT_HWCAP says', async () => {
    const vector = new BigUint64Array([6n, 4096n, 16n, 0b1011n, 26n, 0n, 0n, 0n]);
    const host = await describeCurrentHost(AUTO, {
      ...NOTHING,
      platform: () => ({ os: 'linux', arch: 'arm64', kernel: '6.1.0-test' }),
      readFile: (path) => (path === '/proc/self/auxv' ? new Uint8Array(vector.buffer) : NOTHING.readFile(path)),
    });
    expect(host).toMatchObject({ arch: 'arm64', source: 'auxv', hwcap: { value: 0b1011n }, pageSize: { value: 4096 } });
    expect([...host.features].filter(([, fact]) => fact.presence === 'present').map(([name]) => name)).toEqual([
      'fp',
      'asimd',
      'aes',
    ]);
    expect(evidenceOf(host)).toBe('exact');
  });

  it('has details only when they are asked for', async () => {
    const system: OperatingSystem = {
      ...NOTHING,
      cpuidDevices: () => [0],
      readCpuidDevice: answers,
      run: async () => ({
        outcome: 'ended',
        status: 0,
        signal: null,
        stdout: bytes('runsc version release-20260817.0\nspec: 1.1.0\n'),
      }),
      readFile: (path) => (path.endsWith('/microcode/version') ? bytes('0xb002151\n') : NOTHING.readFile(path)),
    };
    const host = await describeCurrentHost({ ...AUTO, details: true }, system);
    expect(host.runscVersion).toEqual({ value: 'release-20260817.0', source: 'runsc --version' });
    expect(host.microcode.value).toBe('0xb002151');
    expect((await describeCurrentHost(AUTO, system)).runscVersion.value).toBeNull();
  });
});

describe('the version of runsc', () => {
  it.each([
    ['there is no runsc', NOTHING.run, 'there is no runsc in PATH'],
    [
      'it does not end',
      async () => ({ outcome: 'timed-out', code: null, reason: 'too slow' }) as const,
      'runsc --version: too slow',
    ],
    [
      'it prints something else',
      async () => ({ outcome: 'ended', status: 0, signal: null, stdout: bytes('hello') }) as const,
      'runsc --version did not print a version',
    ],
  ])('is unknown when %s', async (_what, run, source) => {
    expect(await currentRunscVersion({ ...NOTHING, run })).toEqual({ value: null, source });
  });
});

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('this machine', () => {
  it('is described exactly, by its CPUID', async () => {
    const host = await describeCurrentHost({ ...AUTO, runsc: 'never' });
    expect(['probe', 'dev-cpuid']).toContain(host.source);
    expect(host.features.get('sse2')?.presence).toBe('present');
    expect(host.cacheLine.value).toBe(64);
  });
});
