import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { hostFromCpuidDump } from '../../../src/host/host-from-cpuid.ts';
import { hostFromLibvirt } from '../../../src/host/host-from-libvirt.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { parseHosts } from '../../../src/host/parse-host.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { libvirtText } from '../../support/host-conversions.ts';
import { cpuidText, SMALL_CPU } from '../../support/host-dumps.ts';

const XML = libvirtText(SMALL_CPU);

async function failure(text: string): Promise<CkptError> {
  return parseHosts('a', Buffer.from(text), DEFAULT_LIMITS).then(
    () => Promise.reject(new Error('no error')),
    (error: unknown) => (error instanceof CkptError ? error : Promise.reject(error)),
  );
}

describe('cpudata of libvirt', () => {
  it('says what the same leaves say as cpuid -r', () => {
    const raw = hostFromCpuidDump('a', parseCpuidDump(cpuidText(SMALL_CPU)));
    const { source, provenance, ...host } = hostFromLibvirt('a', XML);
    expect(host).toEqual({ ...raw, source: undefined, provenance: undefined });
    expect([source, provenance]).toEqual(['libvirt', 'CPUID, <cpudata> of libvirt']);
  });

  it('of millions of elements is refused before they are kept', async () => {
    const error = await failure(`<cpudata arch='x86'>${'<a>'.repeat(500_000)}`);
    expect([error.code, error.facts.found]).toEqual(['bad-host', 'more than 65536 elements']);
  });

  it('may leave out ecx_in and arch, as old files do', () => {
    const old = XML.replaceAll(" ecx_in='0x00'", '').replace(" arch='x86'", '');
    expect(hostFromLibvirt('a', old).features).toEqual(hostFromLibvirt('a', XML).features);
  });

  it.each([
    ['another element', XML.replace('<msr ', '<feature '), 'bad-host', 12],
    ['a leaf twice', XML.replace("eax_in='0x00000007'", "eax_in='0x00000004'"), 'bad-host', 6],
    ['a number of 33 bits', XML.replace("eax='0x0000000d'", "eax='0x10000000d'"), 'bad-host', 3],
    ['a number that is none', XML.replace("eax='0x0000000d'", "eax='d'"), 'bad-host', 3],
    ['no register', XML.replace("eax='0x0000000d'", ''), 'bad-host', 3],
    ['a subleaf beyond all', XML.replace("ecx_in='0x00'", "ecx_in='0x10000'"), 'bad-host', 3],
    ['another architecture', XML.replace("arch='x86'", "arch='ppc64'"), 'unsupported', 2],
    ['no leaf 0, as a mask of features', XML.replace(/ {2}<cpuid eax_in='0x00000000'.*\n/, ''), 'bad-host', 2],
    ['an end that is cut off', XML.slice(0, 400), 'bad-host', 6],
    ['entities that expand', `<!DOCTYPE a [<!ENTITY b "c">]>\n${XML.replace("'x86'", "'&b;'")}`, 'bad-host', 3],
  ])('with %s is refused with the line', async (_what, text, code, line) => {
    const error = await failure(text);
    expect([error.code, error.place.line]).toEqual([code, line]);
  });

  it.each([
    ['<capabilities><host><cpu><arch>x86_64</arch></cpu></host></capabilities>', '<capabilities> of libvirt'],
    ["<?xml version='1.0'?>\n<!-- a --><domainCapabilities/>", '<domainCapabilities> of libvirt'],
    ["<cpu mode='custom'><model>Haswell</model></cpu>", '<cpu> of libvirt'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'XML of '],
    ['<!DOCTYPE html><html><body>404</body></html>', 'an HTML page'],
    ['<', 'XML of 1 bytes'],
    ['<!--', 'XML of 4 bytes'],
  ])('%s is something else, and the error says what', async (text, found) => {
    const error = await failure(text);
    expect(error.code).toBe('unknown-format');
    expect(error.facts.found).toContain(found);
  });
});
