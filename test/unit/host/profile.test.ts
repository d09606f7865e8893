import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { evidenceOf } from '../../../src/host/host-evidence.ts';
import { hostFromCpuidDump, hostFromProbe } from '../../../src/host/host-from-cpuid.ts';
import { hostFromCpuinfoArm64 } from '../../../src/host/host-from-cpuinfo.ts';
import { hostFromRunsc } from '../../../src/host/host-from-runsc.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { parseProbeOutput } from '../../../src/host/parse-probe-output.ts';
import { profileOf } from '../../../src/host/profile.ts';
import { readProfile } from '../../../src/host/read-profile.ts';
import { cpuidText, leafLines, probeText, SMALL_CPU, withAnswers } from '../../support/host-dumps.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/schema/host@1.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true }).compile(schema);
const TIME = '2026-11-23T04:38:51.168Z';

const probed = hostFromProbe('here', parseProbeOutput(probeText(SMALL_CPU)), 'CPUID, read by the probe');
const dumped = hostFromCpuidDump('there', parseCpuidDump(cpuidText(SMALL_CPU)));
const partial = hostFromCpuidDump(
  'old',
  parseCpuidDump(leafLines(withAnswers(SMALL_CPU, [[0x1, 0, 0x0003_06c3, 0x0010_0800, 0x0000_0001, 0x0600_0011]]))),
);

/** Everything of a host that a verdict can depend on. */
const decisive = ({
  arch,
  features,
  cacheLine,
  xcr0,
  xcr0Known,
  statesNotEnabled,
  useXsave,
  mxcsrMask,
  pageSize,
  hwcap,
  hwcap2,
  runscVersion,
  cpuid,
}: Host) => ({
  arch,
  features,
  cacheLine,
  xcr0,
  xcr0Known,
  statesNotEnabled,
  useXsave,
  mxcsrMask,
  pageSize,
  hwcap,
  hwcap2,
  runscVersion,
  entries: cpuid?.entries ?? null,
});

describe('a host profile', () => {
  it.each([
    ['probe', probed],
    ['cpuid', dumped],
    ['no XSAVE', partial],
    ['runsc', hostFromRunsc('list', 'lm,fpu,tsc,sse,sse2,osxsave,xsave,avx,pni')],
    ['arm64', hostFromCpuinfoArm64('arm', 'processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\n')],
  ])('of a host by %s fits the schema and reads back to the same facts', (_what, host) => {
    const text = JSON.stringify(profileOf(host, TIME));
    expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
    const back = readProfile('file.json', text);
    expect(decisive(back)).toEqual(decisive(host));
    expect(evidenceOf(back)).toBe(evidenceOf(host));
    expect(back.name).toBe('file.json');
    expect(back.source).toBe('profile');
    expect(back.capturedFrom).toEqual({ source: host.source, provenance: host.provenance });
    expect(back.identity).toEqual(host.identity);
    expect(back.capturedAt).toBe(TIME);
    expect(back.notes).toEqual(host.notes);
  });

  it('of a host that came from a profile is the same profile under its new name', () => {
    const first = profileOf(probed, TIME);
    const second = profileOf(readProfile('b', JSON.stringify(first)), '2030-01-01T00:00:00Z');
    expect(second).toEqual({ ...first, name: 'b' });
  });

  it('has the keys of the contract first, in order', () => {
    expect(Object.keys(profileOf(probed, TIME)).slice(0, 17)).toEqual([
      ...[
        'schema',
        'name',
        'arch',
        'capturedAt',
        'source',
        'evidence',
        'cpuid',
        'xcr0',
        'hwcap',
        'hwcap2',
        'kernel',
        'microcode',
      ],
      ...['hypervisor', 'runscVersion', 'pageSize', 'cacheLine', 'features'],
    ]);
  });

  it('writes quantities of 64 bits and registers as hexadecimal strings', () => {
    const profile = profileOf(probed, null);
    expect(profile.xcr0).toBe('0x7');
    expect(profile.hwcap).toBe('0x6000011');
    expect(profile.cpuid?.[1]).toEqual(['0x00000001', '0x00', '0x000306c3', '0x00100800', '0x1c001001', '0x06000011']);
    expect(profile.pageSize).toBe(4096);
  });

  it('without additions is enough', () => {
    const { useXsave, xcr0Known, mxcsrMask, provenance, rejected, notes, cpu, sources, ...least } = profileOf(dumped, TIME);
    expect([useXsave, xcr0Known, mxcsrMask, provenance, rejected, notes, cpu, sources]).toHaveLength(8);
    const back = readProfile('a', JSON.stringify(least));
    expect(back.useXsave.value).toBe(true);
    expect(back.xcr0Known).toEqual(dumped.xcr0Known);
    expect(evidenceOf(back)).toBe('exact');
  });

  it('computes a feature that it does not name from its leaves, and leaves it unknown without them', () => {
    const profile = profileOf(dumped, TIME);
    const features = { ...profile.features, present: profile.features.present.filter((name) => name !== 'avx2') };
    expect(readProfile('a', JSON.stringify({ ...profile, features })).features.get('avx2')?.presence).toBe('present');
    expect(readProfile('a', JSON.stringify({ ...profile, features, cpuid: null })).features.get('avx2')?.presence).toBe(
      'unknown',
    );
  });
});

describe('a wrong profile', () => {
  const profile = profileOf(probed, TIME);
  const cases: readonly (readonly [what: string, document: unknown, path: string | undefined])[] = [
    ['another version', { ...profile, schema: 'ckpt/host@2' }, undefined],
    ['a list', [profile], '$'],
    ['an unknown architecture', { ...profile, arch: 'riscv64' }, '$.arch'],
    ['a missing key', { ...profile, xcr0: undefined }, '$.xcr0'],
    ['a number where a string belongs', { ...profile, xcr0: 7 }, '$.xcr0'],
    ['a register of 33 bits', { ...profile, cpuid: [['0x0', '0x0', '0x100000000', '0x0', '0x0', '0x0']] }, '$.cpuid[0][2]'],
    ['a short leaf', { ...profile, cpuid: [['0x0', '0x0']] }, '$.cpuid[0]'],
    ['a leaf twice', { ...profile, cpuid: [...(profile.cpuid ?? []), ...(profile.cpuid ?? [])] }, '$.cpuid[9]'],
    ['a feature twice', { ...profile, features: { present: ['avx'], absent: ['avx'], unknown: [] } }, '$.features.absent[0]'],
    ['features that are no lists', { ...profile, features: { present: 'avx' } }, '$.features.present'],
    ['a negative page size', { ...profile, pageSize: -1 }, '$.pageSize'],
    ['a time that is none', { ...profile, capturedAt: 'yesterday' }, '$.capturedAt'],
    ['contradicting bits', { ...profile, xcr0: null, xcr0Known: { set: '0x1', clear: '0x1' } }, '$.xcr0Known'],
    ['a cache of another shape', { ...profile, cpuid: null, cpu: { arch: 'amd64', caches: [{}] } }, '$.cpu.caches[0].level'],
  ];
  it.each(cases)('with %s is refused', (_what, document, path) => {
    try {
      readProfile('a', JSON.stringify(document));
    } catch (error) {
      expect(error).toBeInstanceOf(CkptError);
      expect(error).toMatchObject({ code: 'bad-host' });
      expect((error as CkptError).place.path).toBe(path);
      return;
    }
    throw new Error('no error');
  });

  it('cut anywhere is refused, never a crash', () => {
    const text = JSON.stringify(profile);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(() => readProfile('a', text.slice(0, length))).toThrow(CkptError);
      }),
    );
  });

  it('with any value in any place gives a host or a CkptError', () => {
    const keys = Object.keys(profile);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        try {
          readProfile('a', JSON.stringify({ ...profile, [key]: value }));
        } catch (error) {
          if (!(error instanceof CkptError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
