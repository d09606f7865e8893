/** What the real runsc answered, asked of every fixture host in the shape of every tool that can describe it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { check } from '../../src/check.ts';
import type { CpuidEntry } from '../../src/cpu/cpuid-table.ts';
import { hostFromCpuidDump } from '../../src/host/host-from-cpuid.ts';
import { parseCpuidDump } from '../../src/host/parse-cpuid-dump.ts';
import type { CheckResult } from '../../src/restore/result.ts';
import { firecrackerConfig, instlatx64Text, libvirtText, lscpuJson, lscpuText } from '../support/host-conversions.ts';
import { HAS_SHARED, imageOf, type RealRestore, shared, sharedJson } from '../support/shared-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const restores = HAS_SHARED
  ? [...sharedJson<RealRestore[]>('restores.json'), ...sharedJson<RealRestore[]>('arm64-restores.json')]
  : [];
const images = [...new Set(restores.map(({ image }) => image))];

interface RawFormat {
  readonly name: string;
  readonly convert: (entries: readonly CpuidEntry[]) => string;
  /** Whether a clear OSXSAVE or OSPKE is the machine's own kernel's doing. */
  readonly showsKernel: boolean;
}

/** Formats that hold every answer of CPUID. */
const RAW: readonly RawFormat[] = [
  { name: 'libvirt', convert: libvirtText, showsKernel: true },
  { name: 'instlatx64', convert: instlatx64Text, showsKernel: false },
  { name: 'instlatx64, four logical CPUs', convert: (entries) => instlatx64Text(entries, 4), showsKernel: false },
  { name: 'firecracker', convert: (entries) => JSON.stringify(firecrackerConfig(entries), null, 2), showsKernel: false },
  {
    name: 'fingerprint',
    convert: (entries) => JSON.stringify({ guest_cpu_config: firecrackerConfig(entries) }),
    showsKernel: false,
  },
];
/** Formats that show the flags of /proc/cpuinfo. */
const FLAGS: Readonly<Record<string, (cpuinfo: string) => string>> = { lscpu: lscpuText, 'lscpu -J': lscpuJson };

function entriesOf(host: string): readonly CpuidEntry[] {
  return parseCpuidDump(readFileSync(shared('hosts', host, 'cpuid.txt'), 'utf8')).cpus[0]?.table.entries ?? [];
}

/** Features that the kernel decides. */
const BY_KERNEL = ['osxsave', 'ospke'];

/** The kernel has not enabled XSAVE, protection keys, or every state that CPUID offers: from elsewhere a dump cannot say so. */
function isDisabled(host: string): boolean {
  const dump = parseCpuidDump(readFileSync(shared('hosts', host, 'cpuid.txt'), 'utf8'));
  const { cpuid, statesNotEnabled } = hostFromCpuidDump(host, dump);
  const hasKeysOff = ((cpuid?.get(7)?.ecx ?? 0) & (3 << 3)) === 1 << 3;
  return statesNotEnabled !== 0n || hasKeysOff || ((cpuid?.get(1)?.ecx ?? 0) & (3 << 26)) === 1 << 26;
}

/** Writes every host that has `file` in another shape, and returns their specifications by name. */
function converted(file: string, convert: (host: string) => string): Map<string, string> {
  const names = [...new Set(restores.map(({ host }) => host ?? ''))].filter((host) => existsSync(shared('hosts', host, file)));
  const directory = mkdtempSync(join(folder, 'hosts-'));
  return new Map(
    names.map((host) => {
      writeFileSync(join(directory, host), convert(host));
      return [host, `${host}=${join(directory, host)}`];
    }),
  );
}

interface Answer {
  readonly real: RealRestore;
  readonly ours: CheckResult;
}

async function answers(hosts: ReadonlyMap<string, string>, image: string): Promise<Answer[]> {
  const rows = restores.filter((row) => row.image === image && hosts.has(row.host ?? ''));
  if (rows.length === 0) return [];
  const { results, errors } = await check({
    images: [imageOf(image)],
    hosts: rows.map(({ host }) => hosts.get(host ?? '') ?? ''),
  });
  expect(errors).toEqual([]);
  return rows.map((real, index) => ({ real, ours: results[index] as CheckResult }));
}

/** All that an answer says but for the host's description. */
function saidOf({ host: _host, gates, ...answer }: CheckResult): object {
  return { ...answer, gates: gates.map(({ id, outcome, reasons }) => ({ id, outcome, codes: reasons.map(({ code }) => code) })) };
}

describe.runIf(HAS_SHARED)('the formats', () => {
  it.each(RAW)('$name: the same answers as from cpuid -r', async ({ convert, showsKernel }) => {
    const hosts = converted('cpuid.txt', (host) => convert(entriesOf(host)));
    const raw = new Map([...hosts.keys()].map((host) => [host, `${host}=${shared('hosts', host, 'cpuid.txt')}`]));
    let [pairs, disabled] = [0, 0];
    for (const image of images) {
      const [theirs, ours] = [await answers(raw, image), await answers(hosts, image)];
      for (const [index, { real, ours: answer }] of ours.entries()) {
        const expected = theirs[index]?.ours as CheckResult;
        if (showsKernel || !isDisabled(real.host ?? '')) {
          expect(saidOf(answer), `${image} on ${real.host}`).toEqual(saidOf(expected));
          continue;
        }
        disabled++;
        if (answer.verdict !== 'unknown') expect(answer.verdict).toBe(real.verdict);
        const ofCpu = ({ missingFeatures }: CheckResult): string[] => missingFeatures.filter((name) => !BY_KERNEL.includes(name));
        expect(ofCpu(answer)).toEqual(ofCpu(expected));
        expect(expected.missingFeatures).toEqual(expect.arrayContaining([...answer.missingFeatures]));
        for (const feature of answer.unknownFeatures) expect([...BY_KERNEL, ...expected.unknownFeatures]).toContain(feature);
      }
      pairs += ours.length;
    }
    expect(pairs - disabled).toBeGreaterThan(100);
    if (!showsKernel) expect(disabled).toBeGreaterThan(0);
  });

  it.each(Object.entries(FLAGS))('%s: never a wrong answer, and a useful one', async (_name, convert) => {
    const hosts = converted('cpuinfo.txt', (host) => convert(readFileSync(shared('hosts', host, 'cpuinfo.txt'), 'utf8')));
    const all = { blocked: 0, restorable: 0 };
    const decided = { blocked: 0, restorable: 0 };
    for (const image of images) {
      for (const { real, ours } of await answers(hosts, image)) {
        all[real.verdict]++;
        if (ours.verdict === 'unknown') continue;
        expect(ours.verdict, `${image} on ${real.host}`).toBe(real.verdict);
        for (const feature of ours.missingFeatures) expect(real.missingFeatures ?? []).toContain(feature);
        decided[real.verdict]++;
      }
    }
    expect(decided.blocked / all.blocked).toBeGreaterThanOrEqual(0.7);
    expect(decided.restorable / all.restorable).toBeGreaterThanOrEqual(0.3);
  });
});
