import { describe, expect, it } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { evidenceOf } from '../../../src/host/host-evidence.ts';
import { parseHosts } from '../../../src/host/parse-host.ts';
import { profileOf } from '../../../src/host/profile.ts';
import { readProfile } from '../../../src/host/read-profile.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { fixtureHosts, fixtureText } from '../../support/host-dumps.ts';

const FILES = ['cpuid.txt', 'cpu-features.txt', 'cpuinfo.txt'];
const fixtures = fixtureHosts();

async function descriptions(name: string): Promise<Host[]> {
  const hosts: Host[] = [];
  for (const file of FILES) {
    const text = fixtureText(fixtures?.directory ?? '', name, file);
    if (text !== null) hosts.push(...(await parseHosts(`${name}/${file}`, Buffer.from(text), DEFAULT_LIMITS)).hosts);
  }
  return hosts;
}

describe.skipIf(fixtures === null)('the descriptions of one fixture host', () => {
  it.each(fixtures?.names ?? [])('%s: never contradict one another', async (name) => {
    const hosts = await descriptions(name);
    expect(hosts.length).toBeGreaterThanOrEqual(2);
    for (const a of hosts) {
      for (const b of hosts) {
        for (const [feature, fact] of a.features) {
          const other = b.features.get(feature)?.presence;
          const contradicts = fact.presence !== 'unknown' && other !== 'unknown' && other !== fact.presence;
          expect(contradicts ? `${feature}: ${fact.presence} in ${a.name}, ${other} in ${b.name}` : '').toBe('');
        }
        for (const key of ['cacheLine', 'xcr0', 'useXsave', 'pageSize', 'hwcap'] as const) {
          if (a[key].value !== null && b[key].value !== null) expect(`${key} ${a[key].value}`).toBe(`${key} ${b[key].value}`);
        }
        expect(a.xcr0Known.set & b.xcr0Known.clear).toBe(0n);
      }
    }
  });

  it.each(fixtures?.names ?? [])('%s: leaves unknown from cpuid.txt only what no dump can show', async (name) => {
    const host = (await descriptions(name)).find(({ source }) => source === 'cpuid');
    const highest = host?.cpuid?.get(0)?.eax ?? 0;
    const hasXsave = ((host?.cpuid?.get(1)?.ecx ?? 0) & (1 << 26)) !== 0;
    for (const [feature, fact] of host?.features ?? []) {
      if (fact.presence !== 'unknown') continue;
      expect(`${feature}: ${highest < 0xd || !hasXsave}`).toBe(`${feature}: true`);
    }
  });

  it.each(fixtures?.names ?? [])('%s: profiles read back to the same facts', async (name) => {
    for (const host of await descriptions(name)) {
      const back = readProfile(host.name, JSON.stringify(profileOf(host, '2026-11-23T00:00:00Z')));
      const { source, provenance, capturedAt, capturedFrom, cpuid, ...facts } = back;
      expect([source, capturedAt, capturedFrom]).toEqual([
        'profile',
        '2026-11-23T00:00:00Z',
        { source: host.source, provenance: host.provenance },
      ]);
      expect(provenance).toContain(host.provenance);
      expect(cpuid?.entries).toEqual(host.cpuid?.entries);
      const { source: _s, provenance: _p, capturedAt: _t, capturedFrom: _f, cpuid: _c, ...expected } = host;
      expect(facts).toEqual(expected);
      expect(evidenceOf(back)).toBe(evidenceOf(host));
    }
  });
});
