import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { hostFromCpuinfoX86 } from '../../../src/host/host-from-cpuinfo.ts';
import { parseHosts } from '../../../src/host/parse-host.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { lscpuJson, lscpuText } from '../../support/host-conversions.ts';

const FLAGS = 'fpu tsc lm nopl pse cpuid sse sse2 clflush xsave avx avx2 pni';
const X86 = [
  'processor\t: 0',
  'vendor_id\t: AuthenticAMD',
  'cpu family\t: 25',
  'model\t\t: 1',
  'model name\t: AMD EPYC',
  'stepping\t: 1',
  'clflush size\t: 64',
  'cpuid level\t: 16',
  `flags\t\t: ${FLAGS}`,
  'bugs\t\t:',
  '',
].join('\n');
const ARM64 = 'processor\t: 0\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\nCPU architecture: 8\n\n';
const TEXT = lscpuText(X86);

async function open(text: string): Promise<Host> {
  const { hosts } = await parseHosts('a', Buffer.from(text), DEFAULT_LIMITS);
  return hosts[0] as Host;
}

async function failure(text: string): Promise<CkptError> {
  return open(text).then(
    () => Promise.reject(new Error('no error')),
    (error: unknown) => (error instanceof CkptError ? error : Promise.reject(error)),
  );
}

function presence(host: Host, feature: string): string | undefined {
  return host.features.get(feature)?.presence;
}

describe('lscpu', () => {
  it.each([
    ['text', TEXT],
    ['JSON', lscpuJson(X86)],
  ])('as %s never says more than /proc/cpuinfo', async (_what, text) => {
    const [host, page] = [await open(text), hostFromCpuinfoX86('a', X86)];
    for (const [name, { presence }] of host.features) {
      if (presence !== 'unknown') expect([name, page.features.get(name)?.presence]).toEqual([name, presence]);
    }
    expect([...host.features.values()].filter(({ presence }) => presence === 'present').length).toBeGreaterThan(5);
    expect([...host.features.values()].filter(({ presence }) => presence === 'absent').length).toBeGreaterThan(20);
    expect([host.source, host.cacheLine.value, host.useXsave.value, host.xcr0Known.set]).toEqual(['lscpu', 64, true, 7n]);
    expect(host.identity).toMatchObject({ vendor: 'AuthenticAMD', family: 25, model: 1, stepping: 1, brand: 'AMD EPYC' });
  });

  it('does not show the cache line of a CPU without AVX', async () => {
    const host = await open(TEXT.replace(' avx avx2', ''));
    expect([host.cacheLine.value, presence(host, 'avx')]).toEqual([null, 'unknown']);
  });

  it('of old versions ends with the flags', async () => {
    const flags = TEXT.split('\n').find((line) => line.startsWith('Flags')) ?? '';
    const old = `${TEXT.replace(`${flags}\n`, '')}${flags}\n`;
    expect((await open(old)).features).toEqual((await open(TEXT)).features);
    // Without the line feed the flags may be cut off.
    expect((await failure(old.trimEnd())).code).toBe('bad-host');
  });

  it('of arm64 shows AT_HWCAP', async () => {
    for (const text of [lscpuText(ARM64), lscpuJson(ARM64)]) {
      const host = await open(text);
      expect([host.arch, presence(host, 'aes'), presence(host, 'sha1')]).toEqual(['arm64', 'present', 'absent']);
      expect(host.hwcap.value).toBe(0xfn);
    }
  });

  it('of several kinds of CPU has the flags of each', async () => {
    const kinds = [
      'Architecture:   aarch64',
      'Vendor ID:      ARM',
      'Model name:     Cortex-A510',
      'Flags:          fp asimd aes',
      'Model name:     Cortex-X3',
      'Flags:          fp asimd sha1 aes',
      '',
    ].join('\n');
    const host = await open(kinds);
    expect([presence(host, 'aes'), presence(host, 'sha1'), presence(host, 'sve')]).toEqual(['present', 'unknown', 'absent']);
    expect(host.identity).toBeNull();
    expect((await open(kinds.replace('Cortex-X3', 'Cortex-A510'))).identity).toMatchObject({
      vendor: 'ARM',
      brand: 'Cortex-A510',
    });
  });

  it.each([
    ['in German', TEXT.replace('Architecture', 'Architektur').replace('Flags', 'Markierungen'), 'bad-host', 'LC_ALL=C'],
    ['in French', TEXT.replace('Flags', 'Drapeaux'), 'bad-host', 'LC_ALL=C'],
    ['of a version that prints no flags', TEXT.replace(/^Flags.*\n/m, ''), 'bad-host', 'give /proc/cpuinfo'],
    ['in German, as JSON', lscpuJson(X86).replace('Architecture', 'Architektur'), 'bad-host', 'LC_ALL=C'],
    ['of a 32-bit kernel', TEXT.replace('x86_64', 'i686'), 'unsupported', 'linux32'],
    ['of RISC-V', TEXT.replace('x86_64', 'riscv64'), 'unsupported', 'aarch64'],
    ['folded by a terminal', TEXT.replace(' avx2 pni', ' avx\n                   2 pni'), 'bad-host', 'lscpu -J'],
    ['with two lists of flags', TEXT.replace('NUMA node(s):', 'Flags:        a\nFlags:'), 'bad-host', '"Flags" a second time'],
    ['with control characters', lscpuJson(X86).replace('AMD EPYC', 'AMD\\nflags: mpx'), 'bad-host', 'control characters'],
    ['that is not a list', '{"lscpu": {}}', 'bad-host', '$.lscpu'],
    ['with a field that is none', '{"lscpu": [1]}', 'bad-host', '$.lscpu[0]'],
    ['cut off', lscpuJson(X86).slice(0, 300), 'bad-host', 'at line '],
    [
      'nested without end',
      `{"lscpu": ${'[{"field": "a", "children": '.repeat(2000)}[]${'}]'.repeat(2000)}}`,
      'bad-host',
      'inside one another',
    ],
  ])('%s is refused', async (_what, text, code, said) => {
    const error = await failure(text);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(said)]);
  });
});
