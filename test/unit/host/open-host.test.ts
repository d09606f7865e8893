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
import { parseHost } from '../../../src/host/parse-host.ts';
import { profileOf } from '../../../src/host/profile.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { cpuidText, fixtureHosts, probeText, SMALL_CPU } from '../../support/host-dumps.ts';

const OPTIONS = { probe: true, runsc: 'never' } as const;
const root = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(root, { recursive: true }));

const profile = JSON.stringify(profileOf(hostFromCpuidDump('x', parseCpuidDump(cpuidText(SMALL_CPU))), null), null, 1);
const CPUINFO_X86 = 'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu tsc lm nopl pse cpuid sse sse2\nbugs\t\t:\n\n';
const CPUINFO_ARM64 = 'processor\t: 0\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\nCPU architecture: 8\n\n';
const LIST = 'lm,fpu,tsc,sse,sse2,osxsave,xsave,avx,pni\n';
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
} as const;
const formats = Object.entries(FORMATS);

function failure(text: string | Uint8Array): CkptError {
  try {
    parseHost('a', typeof text === 'string' ? Buffer.from(text) : text);
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
    ['the beginning of a profile', `"schema"${' '.repeat(4_000_000)}:${' '.repeat(4_000_000)}x`, 'unknown-format'],
  ])('of one line with %s is an answer', (_what, text, code) => {
    expect(failure(text).code).toBe(code);
  });

  it.each(['fpu,lm,', ',fpu,lm', 'fpu,,lm'])('%s is no list of names', (text) => {
    expect(failure(text).code).toBe('unknown-format');
  });

  it('is one format, not two', () => {
    for (const [format, text] of formats) {
      for (const [other, otherText] of formats) {
        if (format === other || (format === 'probe' && other === 'cpuid')) continue;
        const error = failure(`${text}\n${otherText}`);
        expect(`${format}+${other}: ${error.code}`).toBe(`${format}+${other}: mixed-formats`);
        expect(error.facts.found).toMatch(/from line \d+ and .* from line \d+/);
      }
    }
  });

  it.each([
    ['prose', 'This is not a host.\n', 'unknown-format'],
    ['other JSON', '{"kind": "Deployment"}', 'unknown-format'],
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
  ])('%s is refused', (_what, text, code) => {
    expect(failure(text).code).toBe(code);
  });

  it('is read with a byte order mark', () => {
    expect(parseHost('a', Buffer.from(`\ufeff${profile}`)).source).toBe('profile');
  });
});

describe('any input', () => {
  it.each(formats)('%s cut or changed anywhere is a host or a CkptError', (_format, text) => {
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (length, at, byte) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = byte;
        for (const input of [bytes.subarray(0, length), changed, Buffer.concat([bytes, changed])]) {
          try {
            parseHost('a', input);
          } catch (error) {
            if (!(error instanceof CkptError)) throw error;
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('of garbage is a CkptError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(() => parseHost('a', bytes)).toThrow(CkptError);
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
