/** Memory against what containers saw of themselves in /proc, and against their specifications. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { containersOf } from '../../src/image-facts.ts';
import { mapsDocument } from '../../src/inspection/maps.ts';
import { type ImageMemory, memoryDocument } from '../../src/inspection/memory.ts';
import { type ProcessStrings, processStrings, stringRequests } from '../../src/inspection/process-strings.ts';
import { memoryCgroupPaths } from '../../src/kernel/memory/memory-cgroups.ts';
import { readProcessMemory } from '../../src/kernel/memory/process-memory.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { type OpenedImage, readImage } from '../../src/read-image.ts';
import { procMapsLines } from '../../src/report/maps-text.ts';
import { parseProc, procLines, procStatus } from '../support/proc-truth.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

const { argumentBytes, elements } = DEFAULT_LIMITS;
const SECRET = 'hunter2-marker';

/** Full checkpoints: filesystem checkpoints have no processes. */
const images = sharedImages().filter((name) => existsSync(join(imageOf(name), 'checkpoint.img')));

const noDamage = (error: Error): never => {
  throw error;
};

async function open(name: string): Promise<OpenedImage> {
  const wantMemory: NonNullable<Parameters<typeof readImage>[1]['wantMemory']> = (kernel) =>
    stringRequests(readProcessMemory(kernel, noDamage), argumentBytes, noDamage);
  return readImage(imageOf(name), { depth: 'all', key: null, wantMemory });
}

function documentsOf(image: OpenedImage, showEnv = false) {
  if (image.kernel === null) throw new Error('no kernel');
  const processes = readProcessMemory(image.kernel, noDamage);
  const layout = image.memory?.layout ?? null;
  return {
    maps: mapsDocument(processes, layout, elements, noDamage),
    memory:
      layout === null ? null : memoryDocument(layout, processes, memoryCgroupPaths(image.kernel, noDamage), elements, noDamage),
    strings: processStrings(processes, image.captured, { argumentBytes, showEnv }, noDamage),
  };
}

const REFUSED = 'the process belongs to another user, and the probe was not allowed to see: its file is empty';
const LET_GO =
  "before it saves, runsc lets go of pages of the host's files, and of pages that it can fetch again (InvalidateUnsavable)";

/** Lines of /proc that the image cannot give, by image, process, file and name, with the reason. Every other line is equal. */
const NOT_IN_THE_IMAGE: Readonly<Record<string, string>> = {
  '20260817/kitchen 1 status VmRSS': LET_GO,
  '20260817/kitchen 5 maps': REFUSED,
  '20260817/kitchen 5 status VmRSS': LET_GO,
  '20260817/kitchen 6 status VmRSS': LET_GO,
  '20260817/kitchen 7 status VmRSS': LET_GO,
  '20260817/kitchen 8 maps': REFUSED,
  '20260817/kitchen 8 status VmRSS': LET_GO,
  '20240729/node-proc 1 status VmRSS': LET_GO,
};

describe.skipIf(!HAS_SHARED)('the memory of each process equals what /proc showed', () => {
  describe.each(['20260817/kitchen', '20240729/node-proc'])('%s', async (name) => {
    const truth = HAS_SHARED ? parseProc((truthOf(name, 'proc.txt') as Buffer).toString()).processes : new Map();
    const image = HAS_SHARED ? await open(name) : null;

    it.each([...truth])('of process %i', (pid: number, files: ReadonlyMap<string, string>) => {
      const { maps, memory, strings } = documentsOf(image as OpenedImage);
      const space = maps.find((one) => one.pid === pid);
      const sums = memory?.processes.find((one) => one.pid === pid);
      const compare = (key: string, ours: unknown, theirs: unknown): void => {
        if (NOT_IN_THE_IMAGE[`${name} ${pid} ${key}`] === undefined) expect(ours, key).toEqual(theirs);
        else expect(ours, `${key} is listed, but equal`).not.toEqual(theirs);
      };
      compare('maps', space === undefined ? [] : procMapsLines(space), procLines(files.get('maps') ?? ''));

      const status = procStatus(files.get('status') ?? '');
      const sizes = { VmSize: sums?.size, VmRSS: sums?.resident, VmData: sums?.data };
      for (const [line, bytes] of Object.entries(sizes)) compare(`status ${line}`, `${(bytes ?? 0) / 1024} kB`, status.get(line));
      // None of these processes ever gave pages back, so that the most that it had is what it had then.
      expect(`${(sums?.peakResident ?? 0) / 1024} kB`).toBe(status.get('VmRSS'));

      const argv = strings.get(pid)?.argv ?? [];
      // The probe printed blanks for zero bytes.
      compare('cmdline', argv.map((word) => `${word} `).join(''), (files.get('cmdline') ?? '').replace(/\n$/, ''));
    });
  });
});

/** Arguments of the processes that the workloads start beside their first one. */
const CHILDREN: readonly (readonly string[])[] = [
  ['sleep', '1'],
  ['sleep', '3600'],
  ['/bin/sh', '-c', 'exec 9</etc/passwd; sleep 100000 & wait'],
  ['sleep', '100000'],
];

/** The arguments in the specifications that lie beside an image or, for an image without truth, in it. */
function specifiedArguments(name: string, image: OpenedImage): (readonly string[])[] {
  const folder = join(imageOf(name), '../truth');
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^config.*\.json$/.test(file)) : [];
  const beside = files.map(
    (file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { process: { args: string[] } }).process.args,
  );
  return beside.length > 0 ? beside : (containersOf(image)?.containers ?? []).map(({ spec }) => spec.args);
}

describe.skipIf(!HAS_SHARED)('arguments', () => {
  it.each(images)('of every process of %s are those of its specification, or of what its program starts', async (name) => {
    const image = await open(name);
    if (image.kernel === null) return expect(image.damage).not.toBeNull();
    const { strings } = documentsOf(image);
    const specs = specifiedArguments(name, image);
    expect(specs.length).toBeGreaterThan(0);
    const inKernel = [...strings.values()].filter(({ argvMissing }) => argvMissing !== 'no-memory');
    expect(inKernel.length).toBeGreaterThan(0);
    for (const { argv } of inKernel) expect([...specs, ...CHILDREN]).toContainEqual(argv);
    for (const args of specs) expect(inKernel.map(({ argv }) => argv)).toContainEqual(args);
  });

  it('keep the values of environment variables to themselves unless asked', async () => {
    const image = await open('20260817/kitchen');
    const hidden = documentsOf(image);
    expect(JSON.stringify([hidden.maps, hidden.memory, [...hidden.strings]])).not.toContain(SECRET);
    expect(hidden.strings.get(6)?.env).toEqual(['SECRET_TOKEN', 'PATH']);
    const shown: ProcessStrings | undefined = documentsOf(image, true).strings.get(6);
    expect(shown?.env).toEqual([`SECRET_TOKEN=${SECRET}`, 'PATH=/bin']);
  });
});

describe.skipIf(!HAS_SHARED)('the saved memory', () => {
  it.each(images)('of %s adds up', async (name) => {
    const image = await open(name);
    const { layout } = image.memory ?? { layout: null };
    if (layout === null || image.kernel === null) return;
    const { memory, maps } = documentsOf(image);
    if (image.pagesBytes !== null) expect(memory?.committedBytes).toBe(image.pagesBytes);
    const sum = (list: ImageMemory['kinds' | 'cgroups' | 'files']) => list.reduce((total, one) => total + one.committedBytes, 0);
    expect([sum(memory?.files ?? []), sum(memory?.kinds ?? []), sum(memory?.cgroups ?? [])]).toEqual([
      layout.committedBytes,
      layout.committedBytes,
      layout.committedBytes,
    ]);
    for (const process of memory?.processes ?? []) {
      const areas = maps.find(({ pid }) => pid === process.pid)?.areas ?? [];
      const total = (field: 'bytes' | 'resident' | 'private' | 'copyOnWrite' | 'saved') =>
        areas.reduce((bytes, area) => bytes + (area[field] ?? 0), 0);
      expect([total('bytes'), total('resident'), total('private'), total('copyOnWrite'), total('saved')]).toEqual([
        process.size,
        process.resident,
        process.private,
        process.copyOnWrite,
        process.saved,
      ]);
    }
  });

  it('names the owners of private memory files', async () => {
    const owners = await Promise.all(
      sharedImages()
        .filter((name) => name.includes('shrw'))
        .map(async (name) => [name, documentsOf(await open(name)).memory?.files.map(({ owner }) => owner)] as const),
    );
    expect(Object.fromEntries(owners)).toMatchInlineSnapshot(`
      {
        "20240401/shrw-none": [
          null,
          ":/",
        ],
        "20250415/shrw-none": [
          null,
          "__no_name_0:/",
        ],
        "20260817/shrw-none": [
          null,
          "__no_name_0:/",
        ],
      }
    `);
  });

  it('counts address spaces as runsc printed them', () => {
    const text = gunzipSync(truthOf('20260817/kitchen', 'statefile.txt.gz') as Buffer).toString();
    expect([...text.matchAll(/^g0r\d+ = struct\[g0t\d+=pkg\/sentry\/mm\.MemoryManager\]/gm)]).toHaveLength(5);
  });
});
