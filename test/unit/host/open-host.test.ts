import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { detectHostFormat } from '../../../src/host/detect-host-format.ts';
import { hostFromCpuidDump } from '../../../src/host/host-from-cpuid.ts';
import { openHost, openHosts } from '../../../src/host/open-host.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { parseHosts } from '../../../src/host/parse-host.ts';
import { profileOf } from '../../../src/host/profile.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { firecrackerConfig, instlatx64Text, libvirtText, lscpuJson, lscpuText } from '../../support/host-conversions.ts';
import { cpuidText, fixtureHosts, probeText, SMALL_CPU } from '../../support/host-dumps.ts';

const OPTIONS = { probe: true, runsc: 'never' } as const;
const root = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(root, { recursive: true }));

const profile = JSON.stringify(profileOf(hostFromCpuidDump('x', parseCpuidDump(cpuidText(SMALL_CPU))), null), null, 1);
const CPUINFO_X86 = 'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu tsc lm nopl pse cpuid sse sse2\nbugs\t\t:\n\n';
const CPUINFO_ARM64 = 'processor\t: 0\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\nCPU architecture: 8\n\n';
const LIST = 'lm,fpu,tsc,sse,sse2,osxsave,xsave,avx,pni\n';
const nodeYaml = (name: string): string =>
  `apiVersion: v1\nkind: Node\nmetadata:\n  name: ${name}\n  labels:\n    kubernetes.io/arch: amd64\n    feature.node.kubernetes.io/cpu-cpuid.AVX2: "true"\n`;
const FORMATS = {
  profile,
  probe: probeText(SMALL_CPU),
  cpuid: cpuidText(SMALL_CPU),
  kcpuid: '0x00000000: EAX=0x00000001, EBX=0x0, ECX=0x0, EDX=0x0\n'
    .replaceAll('0x0,', '0x00000000,')
    .replace('0x0\n', '0x00000000\n'),
  runsc: LIST,
  'cpuinfo-amd64': CPUINFO_X86,
  'cpuinfo-arm64': CPUINFO_ARM64,
  instlatx64: instlatx64Text(SMALL_CPU),
  libvirt: libvirtText(SMALL_CPU),
  firecracker: JSON.stringify(firecrackerConfig(SMALL_CPU), null, 1),
  lscpu: lscpuText(CPUINFO_X86),
  'lscpu-json': lscpuJson(CPUINFO_X86),
  kubernetes: nodeYaml('n1'),
} as const;
const formats = Object.entries(FORMATS);

async function failure(text: string | Uint8Array): Promise<CkptError> {
  try {
    await parseHosts('a', typeof text === 'string' ? Buffer.from(text) : text, DEFAULT_LIMITS);
  } catch (error) {
    if (error instanceof CkptError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('the format of a description', () => {
  it.each(formats)('%s is found by content', (format, text) => {
    expect(detectHostFormat(text, text.length)).toBe(format);
    expect(detectHostFormat(text.replaceAll('\n', '\r\n'), text.length)).toBe(format);
  });

  it.each([
    ['a list of millions of names', `fpu,lm${',sse'.repeat(3_000_000)}`, 'bad-host'],
    ['names that nobody knows', `fpu,lm${',a'.repeat(4_000_000)}`, 'unknown-format'],
    ['commas', ','.repeat(8_000_000), 'unknown-format'],
    ['a name without an end', 'a'.repeat(8_000_000), 'unknown-format'],
    ['the beginning of a dump', `CPUID 00000000${' '.repeat(8_000_000)}x`, 'unknown-format'],
    ['the beginning of a comment', `<!--${'<'.repeat(8_000_000)}`, 'unknown-format'],
    ['lists in one another', '['.repeat(8_000_000), 'unknown-format'],
    ['sections of lscpu in one another', `{"lscpu":${'[{"field":"a","children":'.repeat(300_000)}`, 'bad-host'],
    ['the beginning of a profile', `"schema"${' '.repeat(4_000_000)}:${' '.repeat(4_000_000)}x`, 'unknown-format'],
  ])('of one line with %s is an answer', async (_what, text, code) => {
    expect((await failure(text)).code).toBe(code);
  });

  it.each(['fpu,lm,', ',fpu,lm', 'fpu,,lm'])('%s is no list of names', async (text) => {
    expect((await failure(text)).code).toBe('unknown-format');
  });

  it('is one format, not two', async () => {
    for (const [format, text] of formats) {
      for (const [other, otherText] of formats) {
        if (format === other || (format === 'probe' && other === 'cpuid')) continue;
        const error = await failure(`${text}\n${otherText}`);
        expect(`${format}+${other}: ${error.code}`).toBe(`${format}+${other}: mixed-formats`);
        expect(error.facts.found).toMatch(/from line \d+ and .* from line \d+/);
      }
    }
  });

  it.each(['utf16le', 'big endian'])('reads UTF-16 behind its mark, as PowerShell writes it: %s', async (order) => {
    const bytes = Buffer.from(`\ufeff${cpuidText(SMALL_CPU).replaceAll('\n', '\r\n')}`, 'utf16le');
    const { hosts } = await parseHosts('a', order === 'utf16le' ? bytes : bytes.swap16(), DEFAULT_LIMITS);
    expect(hosts[0]?.features.get('avx2')?.presence).toBe('present');
  });

  it.each([
    ['prose', 'This is not a host.\n', 'unknown-format'],
    ['other JSON', '{"kind": "Deployment"}', 'unknown-format'],
    ['a list of YAML', '- a: 1\n- b: 2\n', 'unknown-format'],
    ['a page of the web', '<!doctype html>\n<html></html>', 'unknown-format'],
    ['JSON that is cut off', '{"a": 1,\n"b": ', 'unknown-format'],
    ['words with commas', 'apple,pear,plum', 'unknown-format'],
    ['nothing', '', 'empty'],
    ['white space', ' \n\t\n', 'empty'],
    ['a byte order mark', '\ufeff', 'empty'],
    ['binary data', new Uint8Array([1, 2, 0, 3]), 'unknown-format'],
    ['an image', Buffer.from('gVisorSF\0\0\0\0'), 'unknown-format'],
    ['bytes that are no UTF-8', new Uint8Array([0xff, 0xfe, 0xfd]), 'unknown-format'],
    ['another version of the probe', probeText(SMALL_CPU).replace('ckpt-probe 1', 'ckpt-probe 2'), 'unknown-format'],
    ['a cut output of the probe', probeText(SMALL_CPU).replace('\nend', ''), 'truncated'],
    ['an output of the probe that goes on', `${probeText(SMALL_CPU)}ckpt`, 'trailing-bytes'],
    ['a fact of the probe twice', probeText(SMALL_CPU).replace('hwcap2', 'hwcap'), 'bad-host'],
    ['a fact of the probe that is no number', probeText(SMALL_CPU).replace('hwcap2 0x', 'hwcap2 '), 'bad-host'],
    ['a profile of another version', profile.replace('host@1', 'host@2'), 'bad-host'],
  ])('%s is refused', async (_what, text, code) => {
    expect((await failure(text)).code).toBe(code);
  });

  it.each([
    ['{"apiVersion": "apps/v1", "kind": "Deployment"}', 'a Kubernetes object of the kind Deployment', undefined],
    ['apiVersion: v1\nkind: Pod\n', 'a Kubernetes object of the kind Pod', undefined],
    ['{"schema": "ckpt/check@1"}', 'a document ckpt/check@1 of ckpt, which describes no host', undefined],
    ['{"token": "s3cr3t"}', 'other JSON of 19 bytes', undefined],
    ['{"token": "s3cr3t",\n', '20 bytes that begin like JSON and are not', 2],
    ['<html><body>s3cr3t</body></html>', 'an HTML page of 32 bytes', undefined],
  ])('%j is something else; the error says what, and nothing of what is in it', async (text, found, line) => {
    const error = await failure(text);
    expect([error.code, error.facts.found, error.place.line]).toEqual(['unknown-format', found, line]);
    expect(error.message).not.toContain('s3cr3t');
  });

  it('of a node is not mistaken because its object has flags', async () => {
    const feature =
      'apiVersion: nfd.k8s-sigs.io/v1alpha1\nmetadata:\n  name: n\nspec:\n  features:\n    flags:\n      cpu.cpuid:\n        elements: {}\nkind: NodeFeature\n';
    expect(detectHostFormat(feature, feature.length)).toBe('kubernetes');
  });

  it('is read with a byte order mark', async () => {
    const { hosts } = await parseHosts('a', Buffer.from(`\ufeff${profile}`), DEFAULT_LIMITS);
    expect(hosts.map(({ source }) => source)).toEqual(['profile']);
  });
});

describe('any input', () => {
  it.each(formats)('%s cut or changed anywhere is a host or a CkptError', async (_format, text) => {
    const bytes = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length),
        fc.nat(bytes.length - 1),
        fc.integer({ min: 0, max: 255 }),
        async (length, at, byte) => {
          const changed = Uint8Array.from(bytes);
          changed[at] = byte;
          for (const input of [bytes.subarray(0, length), changed, Buffer.concat([bytes, changed])]) {
            try {
              await parseHosts('a', input, DEFAULT_LIMITS);
            } catch (error) {
              if (!(error instanceof CkptError)) throw error;
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of garbage is a CkptError', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        ),
        async (bytes) => {
          await expect(parseHosts('a', bytes, DEFAULT_LIMITS)).rejects.toThrow(CkptError);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('opening', () => {
  beforeAll(() => {
    writeFileSync(join(root, 'b.txt'), FORMATS.cpuid);
    mkdirSync(join(root, 'fleet/below'), { recursive: true });
    writeFileSync(join(root, 'fleet/b.txt'), FORMATS.cpuid);
    writeFileSync(join(root, 'fleet/a.json'), profile);
    writeFileSync(join(root, 'fleet/broken.txt'), 'nonsense');
    symlinkSync('../b.txt', join(root, 'fleet/link.txt'));
    mkdirSync(join(root, 'empty'));
    writeFileSync(join(root, 'with=sign.txt'), FORMATS.probe);
  });
  const at = (path: string): string => join(root, path);

  it('a file names the host by its path', async () => {
    const { hosts, errors } = await openHost(at('b.txt'), OPTIONS);
    expect(errors).toEqual([]);
    expect(hosts.map((host) => host.name)).toEqual([at('b.txt')]);
  });

  it('name=path gives it another name, unless a file has that very path', async () => {
    expect((await openHost(`node7=${at('b.txt')}`, OPTIONS)).hosts[0]?.name).toBe('node7');
    expect((await openHost(at('with=sign.txt'), OPTIONS)).hosts[0]).toMatchObject({ name: at('with=sign.txt'), source: 'probe' });
  });

  it('a directory gives every regular file in it, sorted, and does not fail for one of them', async () => {
    const { hosts, errors } = await openHost(at('fleet'), OPTIONS);
    expect(hosts.map((host) => host.name)).toEqual(['a.json', 'b.txt', 'link.txt'].map((file) => at(`fleet/${file}`)));
    expect(errors.map(({ host, error }) => [host, error.code, error.place.file])).toEqual([
      [at('fleet/broken.txt'), 'unknown-format', at('fleet/broken.txt')],
    ]);
  });

  it.each([
    ['nothing there', 'missing.txt', 'not-found'],
    ['an empty directory', 'empty', 'empty'],
  ])('%s is an error of that host', async (_what, path, code) => {
    const { hosts, errors } = await openHosts([at(path), at('b.txt')], OPTIONS);
    expect(hosts).toHaveLength(1);
    expect(errors.map(({ error }) => error.code)).toEqual([code]);
  });

  it('a node given alone is called what was given, several by their own names', async () => {
    writeFileSync(at('node.yaml'), nodeYaml('n1'));
    writeFileSync(at('nodes.yaml'), `${nodeYaml('n1')}---\n${nodeYaml('n2')}`);
    const names = async (...specs: string[]): Promise<string[]> =>
      (
        await openHosts(
          specs.map((spec) => spec.replace('@', root)),
          OPTIONS,
        )
      ).hosts.map(({ name }) => name);
    expect(await names('@/node.yaml')).toEqual([at('node.yaml')]);
    expect(await names('a=@/node.yaml')).toEqual(['a']);
    expect(await names('@/nodes.yaml')).toEqual(['n1', 'n2']);
    expect(await names('a=@/nodes.yaml', 'b=@/nodes.yaml')).toEqual(['a/n1', 'a/n2', 'b/n1', 'b/n2']);
  });

  it('of two hosts with one name the first is used, and the second an error that names both places', async () => {
    const twice = await openHosts([at('b.txt'), at('b.txt')], OPTIONS);
    expect(twice.hosts).toHaveLength(1);
    expect(twice.errors.map(({ host, error }) => [host, error.code])).toEqual([[at('b.txt'), 'ambiguous']]);
    const { hosts, errors } = await openHosts([`a=${at('b.txt')}`, at('fleet'), `a=${at('fleet/b.txt')}`], OPTIONS);
    expect(hosts.map(({ name }) => name)).toEqual(['a', ...['a.json', 'b.txt', 'link.txt'].map((file) => at(`fleet/${file}`))]);
    expect(errors.at(-1)?.error.message).toContain(`two hosts that are called "a": of ${at('b.txt')} and ${at('fleet/b.txt')}`);
    expect(errors.at(-1)?.error.message).toContain('--host name=path');
  });

  it('a file of the name of a CPU model wins over the model', async () => {
    const before = process.cwd();
    process.chdir(root);
    try {
      writeFileSync('cpu:mine', FORMATS.cpuid);
      const { hosts } = await openHosts(['cpu:mine', 'x=cpu:mine'], OPTIONS);
      expect(hosts.map(({ name, source }) => [name, source])).toEqual([
        ['cpu:mine', 'cpuid'],
        ['x', 'cpuid'],
      ]);
    } finally {
      process.chdir(before);
    }
  });

  it('a model is opened by its name; one that is not known is an error of that host', async () => {
    const { hosts, errors } = await openHosts(['cpu:EPYC-Milan', 'old=cpu:Nehalem', 'cpu:Nothing-1'], OPTIONS);
    expect(hosts.map(({ name, source }) => [name, source])).toEqual([
      ['cpu:EPYC-Milan', 'model'],
      ['old', 'model'],
    ]);
    expect(errors.map(({ host, error }) => [host, error instanceof CkptError])).toEqual([['cpu:Nothing-1', true]]);
  });

  it('a file over the ceiling is an error', async () => {
    const { errors } = await openHost(at('b.txt'), { ...OPTIONS, limits: { ...DEFAULT_LIMITS, hostBytes: 100 } });
    expect(errors.map(({ error }) => error.code)).toEqual(['over-limit']);
  });

  it.skipIf(process.platform !== 'linux')('a file of /proc is read although its size is 0', async () => {
    const { hosts, errors } = await openHost('/proc/cpuinfo', OPTIONS);
    expect([...hosts.map((host) => host.source), ...errors.map(({ error }) => error.place.layer)]).toEqual(['cpuinfo']);
  });

  it('`current` that cannot be described is an error of that host', async () => {
    const system = {
      platform: () => ({ os: 'win32', arch: 'x64', kernel: '10' }),
    } as unknown as import('../../../src/host/operating-system.ts').OperatingSystem;
    const { errors } = await openHost('here=current', { ...OPTIONS, system });
    expect(errors.map(({ host, error }) => [host, error.code])).toEqual([['here', 'unsupported']]);
  });
});

const fixtures = fixtureHosts();
describe.skipIf(fixtures === null)('the fixture hosts', () => {
  it.each(fixtures?.names ?? [])('%s opens as a directory', async (name) => {
    const { hosts, errors } = await openHost(join(fixtures?.directory ?? '', name), OPTIONS);
    expect(errors).toEqual([]);
    expect(hosts.length).toBeGreaterThanOrEqual(2);
  });
});
