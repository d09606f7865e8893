/** Real hosts: what their pages and lists prove against what CPUID and runsc say there. Needs the shared fixtures. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCpuinfoArm64 } from '../../../src/host/parse-cpuinfo-arm64.ts';
import { parseCpuinfoX86 } from '../../../src/host/parse-cpuinfo-x86.ts';
import { parseRunscCpuFeatures } from '../../../src/host/parse-runsc-cpu-features.ts';

const FIXTURES = join(import.meta.dirname, '../../../../shared/fixtures');
const HOSTS = join(FIXTURES, 'hosts');
const there = existsSync(HOSTS);
if (!there) console.warn(`skipped: no fixtures at ${HOSTS}`);

const names = there ? readdirSync(HOSTS) : [];
const x86 = names.filter((name) => existsSync(join(HOSTS, name, 'cpuid.txt')));
const arm64 = names.filter((name) => !x86.includes(name));

function read(host: string, file: string): string {
  return readFileSync(join(HOSTS, host, file), 'utf8');
}

function listOf(host: string): Set<string> {
  return new Set(read(host, 'cpu-features.txt').trim().split(','));
}

function register(host: string, leaf: string, name: string): number | null {
  const match = new RegExp(`^ *${leaf}: .*${name}=0x([0-9a-f]{8})`, 'm').exec(read(host, 'cpuid.txt'));
  return match?.[1] === undefined ? null : Number.parseInt(match[1], 16);
}

describe.skipIf(!there)('pages and lists of real hosts', () => {
  it.each(x86)('%s: /proc/cpuinfo claims nothing that CPUID contradicts', (host) => {
    const evidence = parseCpuinfoX86(read(host, 'cpuinfo.txt'));
    const list = listOf(host);
    const wrong = [...evidence.features].filter(([name, fact]) => fact.presence === (list.has(name) ? 'absent' : 'present'));
    expect(wrong).toEqual([]);
    expect(evidence.cacheLine.value).toBe((((register(host, '0x00000001 0x00', 'ebx') ?? 0) >>> 8) & 0xff) * 8);
    expect(evidence.useXsave.value).toBe(list.has('osxsave'));
    if (evidence.useXsave.value === true) {
      const states = BigInt(register(host, '0x0000000d 0x00', 'eax') ?? 0);
      expect(evidence.xcr0Known.set & ~states).toBe(0n);
      expect(evidence.xcr0Known.clear & states).toBe(0n);
    }
  });

  it.each(x86)('%s: the list of runsc is taken as it is, but for a random xsave', (host) => {
    const evidence = parseRunscCpuFeatures(read(host, 'cpu-features.txt'));
    const list = listOf(host);
    for (const [name, fact] of evidence.features) {
      if (fact.presence === 'unknown') expect(name).toBe('xsave');
      else expect(fact.presence, name).toBe(list.has(name) ? 'present' : 'absent');
    }
    expect(evidence.features.get('xsave')?.presence).toBe(list.has('osxsave') ? 'present' : 'unknown');
    expect([null, 64]).toContain(evidence.cacheLine.value);
    if (evidence.useXsave.value === true) {
      const states = BigInt(register(host, '0x0000000d 0x00', 'eax') ?? 0);
      expect(evidence.xcr0Known.set & ~states).toBe(0n);
      expect(evidence.xcr0Known.clear & states).toBe(0n);
    }
  });

  it.each(arm64)('%s: both say the same, exactly', (host) => {
    const page = parseCpuinfoArm64(read(host, 'cpuinfo.txt')).features;
    const list = parseRunscCpuFeatures(read(host, 'cpu-features.txt')).features;
    expect([...page].map(([name, fact]) => [name, fact.presence])).toEqual(
      [...list].map(([name, fact]) => [name, fact.presence]),
    );
  });

  it('decides most of the restores over features, none of them wrongly', () => {
    interface Restore {
      readonly image: string;
      readonly host: string;
      readonly verdict: 'restorable' | 'blocked';
    }
    const all = JSON.parse(readFileSync(join(FIXTURES, 'restores.json'), 'utf8')) as Restore[];
    const pages = new Map(x86.map((host) => [host, parseCpuinfoX86(read(host, 'cpuinfo.txt')).features]));
    const counts = { blocked: [0, 0], restorable: [0, 0] } satisfies Record<string, [decided: number, all: number]>;
    for (const { image, host, verdict } of all) {
      const origin = /\/on-(qemu-[^/]+|turin-(?:avx512|flate|none))$/.exec(image)?.[1]?.replace(/^turin-.*/, 'turin');
      const features = pages.get(host);
      if (origin === undefined || features === undefined) continue;
      const required = [...listOf(origin)].map((name) => features.get(name)?.presence);
      const answer = required.includes('absent') ? 'blocked' : required.includes('unknown') ? 'unknown' : 'restorable';
      counts[verdict][1]++;
      if (answer === 'unknown') continue;
      expect(answer, `${image} on ${host}`).toBe(verdict);
      counts[verdict][0]++;
    }
    expect(counts.blocked[1]).toBeGreaterThan(100);
    expect(counts.restorable[1]).toBeGreaterThan(40);
    expect(counts.blocked[0] / counts.blocked[1]).toBeGreaterThan(0.95);
    expect(counts.restorable[0] / counts.restorable[1]).toBeGreaterThan(0.8);
  });
});
