/** The descriptions of the project's own fixture hosts in the formats of other tools, against cpuid.txt of the same host. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { parseHosts } from '../../../src/host/parse-host.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';

async function open(path: string): Promise<Host> {
  const { hosts } = await parseHosts(path, readFileSync(`fixtures/hosts/${path}`), DEFAULT_LIMITS);
  expect(hosts).toHaveLength(1);
  return hosts[0] as Host;
}

function presences({ features }: Host): [string, string][] {
  return [...features].map(([name, { presence }]) => [name, presence]);
}

describe('a fixture host', () => {
  it.each([
    ['qemu-Icelake-Server', 'instlatx64.txt', 'instlatx64'],
    ['qemu-Haswell', 'libvirt.xml', 'libvirt'],
    ['qemu-EPYC-Milan', 'firecracker.json', 'firecracker'],
  ])('%s says in %s what it says in cpuid.txt', async (host, file, source) => {
    const [raw, other] = [await open(`${host}/cpuid.txt`), await open(`${host}/${file}`)];
    expect(other.source).toBe(source);
    expect(presences(other)).toEqual(presences(raw));
    expect([other.cacheLine.value, other.xcr0.value, other.useXsave.value]).toEqual([
      raw.cacheLine.value,
      raw.xcr0.value,
      raw.useXsave.value,
    ]);
  });

  it.each(['lscpu.txt', 'lscpu.json'])('turin says in %s nothing that cpuid.txt does not', async (file) => {
    const [raw, other] = [await open('turin/cpuid.txt'), await open(`turin/${file}`)];
    const decided = presences(other).filter(([, presence]) => presence !== 'unknown');
    expect(presences(raw)).toEqual(expect.arrayContaining(decided));
    expect(decided.length).toBeGreaterThan(100);
    expect([other.cacheLine.value, other.useXsave.value]).toEqual([64, true]);
    expect(other.xcr0Known.set & ~raw.xcr0Known.set).toBe(0n);
    expect(other.identity).toMatchObject({ vendor: 'AuthenticAMD', brand: raw.identity?.brand, family: raw.identity?.family });
  });
});
