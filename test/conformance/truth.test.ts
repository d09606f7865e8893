import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeFpuState } from '../../src/cpu/xsave.ts';
import { readImage } from '../../src/read-image.ts';
import { readDump } from '../support/runsc-dump.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

/** Filesystem checkpoints hold files only. */
const images = sharedImages().filter((name) => !name.includes('/fscheckpoint'));

describe.runIf(HAS_SHARED)('every real image', () => {
  it('is there', () => {
    expect(images.length).toBeGreaterThan(60);
  });

  it.each(images)('%s is read to its last byte', async (name) => {
    const image = await readImage(imageOf(name), { depth: 'all', key: truthOf(name, 'key.txt') });
    expect(image.damage).toBeNull();
    if (image.pagesBytes !== null) expect(image.memory?.layout?.committedBytes).toBe(image.pagesBytes);
    expect(image.kernel?.fpStates.length).toBeGreaterThan(0);
    expect(image.statefile.keyVerified).toBe(truthOf(name, 'key.txt') !== null);
  });

  it.each(images.filter((name) => truthOf(name, 'metadata.json') !== null))(
    '%s has the metadata that runsc wrote',
    async (name) => {
      const truth = JSON.parse(String(truthOf(name, 'metadata.json'))) as { metadata: Record<string, string> };
      const image = await readImage(imageOf(name), { depth: 'cpu', key: null });
      expect(Object.fromEntries(image.statefile.header.metadata)).toEqual(truth.metadata);
    },
  );

  it.each(images.filter((name) => truthOf(name, 'statefile.txt.gz') !== null))(
    '%s has the CPU and FPU state that runsc printed',
    async (name) => {
      const dump = readDump(gunzipSync(truthOf(name, 'statefile.txt.gz') ?? Buffer.alloc(0)).toString('utf8'));
      const image = await readImage(imageOf(name), { depth: 'kernel', key: null });
      if (dump.leaves !== null) {
        expect(dump.leaves.size).toBeGreaterThan(60);
        const leaves = new Map(
          (image.cpu.featureSet.cpuid?.entries ?? []).map(([leaf, subleaf, ...words]) => [`${leaf}:${subleaf}`, words]),
        );
        expect(leaves).toEqual(dump.leaves);
      }
      expect(dump.fpStates.size).toBeGreaterThan(0);
      const saved = new Map(
        (image.kernel?.fpStates ?? []).map(({ path, bytes }) => [Number(path.slice(path.indexOf('r') + 1)), bytes]),
      );
      for (const [holder, bytes] of dump.fpStates) {
        expect(saved.get(holder)).toEqual(bytes);
        if (image.cpu.arch !== 'amd64') continue;
        const bv = new DataView(bytes.buffer).getBigUint64(512, true);
        expect(decodeFpuState(saved.get(holder) ?? new Uint8Array(0)).xstateBv).toBe(bv);
      }
      expect(saved.size).toBe(dump.fpStates.size);
    },
  );

  it.each(images.filter((name) => truthOf(name, 'cpu-features.txt') !== null && !/levelled|lev-/.test(name)))(
    '%s requires the features that its runsc listed',
    async (name) => {
      const image = await readImage(imageOf(name), { depth: 'cpu', key: null });
      const listed = String(truthOf(name, 'cpu-features.txt')).trim().split(',');
      expect(new Set(image.cpu.featureSet.features)).toEqual(new Set(listed));
    },
  );

  it.each(images.filter((name) => truthOf(name, 'ps.txt') !== null))('%s has the processes that runsc saw', async (name) => {
    const rows = String(truthOf(name, 'ps.txt')).trim().split('\n').slice(1);
    const listed = rows
      .map((row) => /^\s*\S+\s+(\d+)\s+(\d+)\s.*?(\S+)$/.exec(row))
      .map((match) => [Number(match?.[1]), Number(match?.[2]), match?.[3]]);
    const image = await readImage(imageOf(name), { depth: 'kernel', key: null });
    const leaders = (image.kernel?.threads ?? []).filter(({ pid, tid }) => pid !== null && pid === tid);
    expect(leaders.map(({ pid }) => pid).sort()).toEqual(listed.map(([pid]) => pid).sort());
    for (const leader of leaders) expect(leader.ppid ?? 0).toBe(listed.find(([pid]) => pid === leader.pid)?.[1]);
  });
});
