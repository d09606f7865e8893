import { describe, expect, it } from 'vitest';
import type { CpuidEntry } from '../../../src/cpu/cpuid-table.ts';
import { CkptError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { evidenceOf } from '../../../src/host/host-evidence.ts';
import { hostFromCpuidDump } from '../../../src/host/host-from-cpuid.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { fixtureHosts, fixtureText, SMALL_CPU, withAnswers } from '../../support/host-dumps.ts';

const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;

/** `kcpuid -r` on a CPU with these answers: without those that are zeros, and without the subleaves of a leaf whose first one is. */
function kcpuidText(entries: readonly CpuidEntry[]): string {
  const isZero = ([, , ...registers]: CpuidEntry): boolean => registers.every((register) => register === 0);
  const zeroLeaves = new Set(entries.filter((entry) => entry[1] === 0 && isZero(entry)).map(([leaf]) => leaf));
  const section = (title: string, from: number): string =>
    entries
      .filter((entry) => entry[0] >= from && entry[0] <= from + 0xffff && !isZero(entry) && !zeroLeaves.has(entry[0]))
      .map(([leaf, subleaf, eax, ebx, ecx, edx]) => {
        const registers = `EAX=${hex(eax)}, EBX=${hex(ebx)}, ECX=${hex(ecx)}, EDX=${hex(edx)}\n`;
        if (leaf !== 7 && leaf !== 0xd) return subleaf === 0 ? `${hex(leaf)}: ${registers}` : '';
        return `${subleaf === 0 ? `${hex(leaf)}: subleafs:\n` : ''} ${String(subleaf).padStart(2)}: ${registers}`;
      })
      .reduce((text, line) => text + line, `${title} Leafs :\n================\n`);
  return section('Basic', 0) + section('Extended', 0x8000_0000);
}

function host(text: string): Host {
  return hostFromCpuidDump('a', parseCpuidDump(text));
}

function presence(text: string, name: string): string | undefined {
  return host(text).features.get(name)?.presence;
}

/** Everything that a part of a dump proves and the whole does not say. */
function contradictions(part: Host, whole: Host): string[] {
  const features = [...part.features].filter(
    ([name, fact]) => fact.presence !== 'unknown' && fact.presence !== whole.features.get(name)?.presence,
  );
  const facts = (['cacheLine', 'useXsave', 'xcr0', 'hypervisor'] as const).filter(
    (name) => part[name].value !== null && part[name].value !== whole[name].value,
  );
  const notEnabled = (part.statesNotEnabled & ~whole.statesNotEnabled) === 0n ? [] : ['statesNotEnabled'];
  return [...features.map(([name]) => name), ...facts, ...notEnabled];
}

/** The cuts of a text that are hosts, with what they say against the whole; other cuts must be refused. */
function cuts(text: string): { readonly at: number; readonly host: Host }[] {
  const hosts: { at: number; host: Host }[] = [];
  for (let at = 1; at < text.length; at++) {
    if (at % 7 !== 0 && text[at] !== '\n' && text[at - 1] !== '\n') continue;
    try {
      hosts.push({ at, host: host(text.slice(0, at)) });
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
    }
  }
  return hosts;
}

describe('what kcpuid leaves out', () => {
  const text = kcpuidText(SMALL_CPU);

  it('is zeros between two leaves', () => {
    const zeros = kcpuidText(withAnswers(SMALL_CPU, [[7, 0, 0, 0, 0, 0]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    expect(zeros).not.toContain('0x00000007:');
    expect(presence(zeros, 'avx2')).toBe('absent');
    expect(evidenceOf(host(zeros))).toBe('exact');
  });

  it('is unknown behind the last leaf of each range', () => {
    const cut = text.slice(0, text.indexOf('0x00000007'));
    expect(presence(cut, 'avx')).toBe('present');
    for (const name of ['avx2', 'bmi1', 'xsaveopt', 'lm']) expect(presence(cut, name)).toBe('unknown');
    const extended = text.slice(0, text.indexOf('0x80000001'));
    expect(presence(extended, 'avx2')).toBe('present');
    for (const name of ['lm', 'lahf_lm', 'svm']) expect(presence(extended, name)).toBe('unknown');
    expect(evidenceOf(host(extended))).toBe('partial');
  });

  it('is zeros for subleaf 1 of leaf 0xd when a later answer follows', () => {
    const ordered = (more: readonly CpuidEntry[]) =>
      kcpuidText(withAnswers(SMALL_CPU, [[0xd, 1, 0, 0, 0, 0], ...more]).sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    expect(presence(ordered([]), 'xsaveopt')).toBe('unknown');
    expect(presence(ordered([[0xd, 2, 0x100, 0x240, 0, 0]]), 'xsaveopt')).toBe('absent');
  });

  it.each([
    ['leaf 7, whose first subleaf is lost', / {2}0: EAX=0x0+, EBX=0x00000021.*\n/, 'avx2'],
    ['leaf 0xd of a host that uses XSAVE', /0x0000000d: subleafs:\n(.*\n){2}/, 'xsaveopt'],
    ['leaf 0x80000001', /0x80000001: .*\n/, 'lm'],
  ])('is not zeros for %s', (_what, lines, name) => {
    const more = text.replace('Extended', '0x00000016: EAX=0x00000001, EBX=0x00000000, ECX=0x00000000, EDX=0x00000000\nExtended');
    const lost = more.replace('EAX=0x0000000d', 'EAX=0x00000016').replace(lines, '');
    expect(lost.length).toBeLessThan(more.length);
    expect(presence(lost, name)).toBe('unknown');
    expect(evidenceOf(host(lost))).toBe('partial');
  });

  it('is not zeros for leaf 7 of a host with its states', () => {
    const wide = text.replace('EAX=0x00000007, EBX=0x00000340', 'EAX=0x000000e7, EBX=0x00000340');
    expect(presence(wide.replace(/0x00000007: subleafs:\n.*\n/, ''), 'avx2')).toBe('unknown');
  });

  it('is not leaf 1', () => {
    expect(() => host(text.replace(/0x00000001: .*\n/, ''))).toThrow(CkptError);
  });

  it('never proves more than the whole, wherever it is cut', () => {
    const whole = host(text);
    const found = cuts(text);
    expect(found.length).toBeGreaterThan(10);
    for (const { at, host: part } of found) expect([at, ...contradictions(part, whole)]).toEqual([at]);
  });
});

const fixtures = fixtureHosts();
describe.skipIf(fixtures === null)('dumps of the fixture hosts', () => {
  const texts = (fixtures?.names ?? []).flatMap((name) => {
    const text = fixtureText(fixtures?.directory ?? '', name, 'cpuid.txt');
    return text === null ? [] : [{ name, text, entries: parseCpuidDump(text).cpus[0]?.table.entries ?? [] }];
  });

  it.each(texts)('$name: what kcpuid would say is what cpuid says', ({ text, entries }) => {
    expect(contradictions(host(kcpuidText(entries)), host(text))).toEqual([]);
  });

  it.each(texts)('$name: no cut of either proves more than the whole', ({ text, entries }) => {
    const whole = host(text);
    for (const dump of [text, kcpuidText(entries)]) {
      const lineEnds = cuts(dump).filter(({ at }) => dump[at] === '\n');
      for (const { at, host: part } of lineEnds) expect([at, ...contradictions(part, whole)]).toEqual([at]);
    }
  });
});
