import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CkptError } from '../../../src/errors.ts';
import { mapsDocument } from '../../../src/inspection/maps.ts';
import { memoryDocument } from '../../../src/inspection/memory.ts';
import { processStrings, stringRequests } from '../../../src/inspection/process-strings.ts';
import { readProcessMemory } from '../../../src/kernel/memory/process-memory.ts';
import { type OpenedImage, readImage } from '../../../src/read-image.ts';
import { mapsLines, procMapsLines } from '../../../src/report/maps-text.ts';
import { memoryLines } from '../../../src/report/memory-text.ts';
import type { GraphBuilder } from '../../support/graph-builder.ts';
import { buildImage, type ImageOptions, writeImage } from '../../support/image-builder.ts';
import type { TestProcess } from '../../support/kernel-graph-encoder.ts';
import type { TestMemoryFile } from '../../support/memory-encoder.ts';
import { memoryManager, type TestAddressSpace } from '../../support/memory-manager-encoder.ts';
import { field, int, nil, refInto, string, uint, type WireValue } from '../../support/wire-value.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PAGE = 4096;
const PLAIN = { color: false, width: 100 };

/** A process of one mapping whose page lies at the beginning of the memory file. */
const STACK: TestAddressSpace = {
  areas: [{ start: 0x7000n, end: 0xa000n, name: '[stack]' }],
  pages: [{ start: 0x8000n, end: 0x9000n, offset: 0n }],
};

function bytesAt(offset: number, text: string): Uint8Array {
  const page = new Uint8Array(PAGE);
  page.set(new TextEncoder().encode(text), offset);
  return page;
}

const process = (pid: number, space: TestAddressSpace | null): TestProcess => ({
  pid,
  name: `process ${pid}`,
  containerId: 'test',
  ...(space === null ? {} : { memory: (graph: GraphBuilder) => memoryManager(graph, space) }),
});

interface Inspected {
  readonly image: OpenedImage;
  readonly damage: readonly CkptError[];
  readonly maps: ReturnType<typeof mapsDocument>;
  readonly memory: ReturnType<typeof memoryDocument> | null;
  readonly strings: (showEnv: boolean) => ReturnType<typeof processStrings>;
}

let count = 0;
async function inspected(
  processes: readonly TestProcess[],
  memory: readonly TestMemoryFile[],
  more: ImageOptions = {},
): Promise<Inspected> {
  const path = join(folder, String(count++));
  writeImage(path, buildImage({ processes, memory, ...more }));
  const damage: CkptError[] = [];
  const onDamage = (error: CkptError) => damage.push(error);
  const image = await readImage(path, {
    depth: 'all',
    key: null,
    wantMemory: (kernel) => stringRequests(readProcessMemory(kernel, onDamage), 1000, onDamage),
  });
  if (image.kernel === null || image.memory === null) throw image.damage ?? new Error('no kernel');
  const found = readProcessMemory(image.kernel, onDamage);
  const { layout } = image.memory;
  return {
    image,
    damage,
    maps: mapsDocument(found, layout, 10_000, onDamage),
    memory: layout === null ? null : memoryDocument(layout, found, new Map([[6, '/web']]), 10_000, onDamage),
    strings: (showEnv) => processStrings(found, image.captured, { argumentBytes: 1000, showEnv }, onDamage),
  };
}

const one = (bytes: Uint8Array): readonly TestMemoryFile[] => [{ owner: null, ranges: [{ start: 0n, bytes }] }];

describe('maps', () => {
  const special =
    (name: string) =>
    (graph: GraphBuilder): WireValue => ({
      kind: 'interface',
      type: { spec: 'pointer', to: graph.spec('pkg/sentry/mm.SpecialMappable', ['fr', 'name']) },
      value: graph.pointer(graph.struct('pkg/sentry/mm.SpecialMappable', { fr: nil(), name: string(name) })),
    });
  const shm =
    (key: number, id: number, device: number | null) =>
    (graph: GraphBuilder): WireValue => {
      const value = graph.struct('pkg/sentry/kernel/shm.Shm', {
        ...(device === null ? {} : { devID: uint(device) }),
        obj: graph.struct('pkg/sentry/kernel/ipc.Object', { ID: field(int(id)), Key: field(int(key)) }),
      });
      return {
        kind: 'interface',
        type: { spec: 'pointer', to: graph.spec('pkg/sentry/kernel/shm.Shm', device === null ? ['obj'] : ['devID', 'obj']) },
        value: graph.pointer(value),
      };
    };
  const AREAS = [
    { start: 0x1000n, end: 0x3000n, permissions: 'r-xp', offset: 0x2000n },
    { start: 0x3000n, end: 0x4000n, permissions: 'rw-s', mapped: shm(0x1234, 3, 6) },
    { start: 0x4000n, end: 0x5000n, permissions: '---s', mapped: shm(-5, 0, 0x12_00_15) },
    { start: 0x7e00_0000_0000n, end: 0x7e00_0000_1000n, permissions: 'r--p', name: '[vvar]', mapped: special('ignored') },
    { start: 0x7e00_0000_1000n, end: 0x7e00_0000_3000n, permissions: 'r-xp', mapped: special('[vdso]') },
  ];
  // The lines as gVisor's format `%08x-%08x %s%s %08x %02x:%02x %d ` and its padding to column 74 give them.
  const LINES = [
    '00001000-00003000 r-xp 00002000 00:00 0 ',
    '00003000-00004000 rw-s 00000000 00:06 3                                  SYSV00004660',
    '00004000-00005000 ---s 00000000 01:20015 0                               SYSV-0000005',
    '7e0000000000-7e0000001000 r--p 00000000 00:00 0                          [vvar]',
    '7e0000001000-7e0000003000 r-xp 00000000 00:00 0                          [vdso]',
    'ffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0                  [vsyscall]',
  ];

  it.each([false, true])('are printed as /proc prints them, with segments in parallel slices: %s', async (old) => {
    const { maps, damage } = await inspected([process(1, { areas: AREAS, old })], one(new Uint8Array(PAGE)));
    expect(damage).toEqual([]);
    expect(maps.map(procMapsLines)).toEqual([LINES]);
    expect(maps[0]).toMatchObject({
      pid: 1,
      name: 'process 1',
      layout: { minAddress: '0x1000', maxAddress: '0x7f0000000000', topDown: true },
      brk: ['0x100000', '0x110000'],
      auxiliaryVector: [
        { name: 'AT_PAGESZ', value: '0x1000' },
        { name: 'AT_77', value: '0x0' },
      ],
      dumpable: 'user',
      usertrap: false,
      aio: [{ id: '0x7000', maxOutstanding: 8, outstanding: 0 }],
    });
  });

  it('show what is not saved as unknown', async () => {
    const stranger = (graph: GraphBuilder): WireValue => ({
      kind: 'interface',
      type: { spec: 'pointer', to: graph.spec('pkg/example.Strange', []) },
      value: graph.pointer(graph.struct('pkg/example.Strange')),
    });
    const areas = [
      { start: 0x1000n, end: 0x2000n, mapped: shm(1, 2, null) },
      { start: 0x2000n, end: 0x3000n, mapped: stranger },
      { start: 0x3000n, end: 0x4000n, mapped: stranger, name: 'named' },
    ];
    const { maps } = await inspected([process(1, { areas })], one(new Uint8Array(PAGE)));
    expect(maps.flatMap(procMapsLines).slice(0, 3)).toEqual([
      '00001000-00002000 rw-p 00000000 ??:?? 2                                  SYSV00000001',
      '00002000-00003000 rw-p 00000000 ??:?? ?                                  ?',
      '00003000-00004000 rw-p 00000000 ??:?? ?                                  named',
    ]);
  });

  it('count what is resident, shared and saved, and where', async () => {
    const space: TestAddressSpace = {
      areas: [
        { start: 0x1000n, end: 0x5000n },
        { start: 0x5000n, end: 0x9000n },
        { start: 0xf000n, end: 0x1_0000n },
      ],
      pages: [
        { start: 0x2000n, end: 0x7000n, offset: BigInt(PAGE), copyOnWrite: true },
        { start: 0x7000n, end: 0x8000n, offset: 0n, owner: ['web', '/'], private: false },
      ],
    };
    // Pages 2 and 3, and 5, are saved; in pages.img they lie one behind the other, the private file last.
    const memory: readonly TestMemoryFile[] = [
      {
        owner: null,
        ranges: [
          { start: BigInt(2 * PAGE), bytes: new Uint8Array(2 * PAGE), kind: 1, memCgId: 6 },
          { start: BigInt(5 * PAGE), bytes: new Uint8Array(PAGE), kind: 9 },
        ],
      },
      { owner: { container: 'web', path: '/' }, ranges: [{ start: 0n, bytes: new Uint8Array(PAGE), kind: 3 }] },
    ];
    for (const more of [{}, { inline: true }, { epoch: 'E3' }] as const) {
      const owners = more === undefined || !('epoch' in more) ? 'struct' : 'string';
      const { maps, memory: document } = await inspected([process(1, { ...space, owners })], memory, more);
      const areas = maps[0]?.areas.map(({ resident, private: own, copyOnWrite, saved }) => [resident, own, copyOnWrite, saved]);
      expect(areas?.map((sizes) => sizes.map((size) => (size ?? 0) / PAGE))).toEqual([
        [3, 3, 3, 2],
        [3, 2, 2, 2],
        [0, 0, 0, 0],
      ]);
      if (!('inline' in more)) expect(maps[0]?.areas.map(({ savedAt }) => savedAt)).toEqual([0, 2 * PAGE, null]);
      expect(document).toMatchObject({
        place: 'inline' in more ? 'inline' : 'separate',
        committedBytes: 4 * PAGE,
        files: [
          { owner: null, ranges: 2, committedBytes: 3 * PAGE },
          { owner: 'web:/', ranges: 1, committedBytes: PAGE },
        ],
        kinds: [
          { kind: 'anonymous', ranges: 1, committedBytes: 2 * PAGE },
          { kind: 'tmpfs', ranges: 1, committedBytes: PAGE },
          { kind: 'kind 9', ranges: 1, committedBytes: PAGE },
        ],
        cgroups: [
          { id: 0, path: null, ranges: 2, committedBytes: 2 * PAGE },
          { id: 6, path: '/web', ranges: 1, committedBytes: 2 * PAGE },
        ],
        processes: [
          {
            pid: 1,
            size: 9 * PAGE,
            data: 9 * PAGE,
            resident: 6 * PAGE,
            peakResident: 7 * PAGE,
            private: 5 * PAGE,
            copyOnWrite: 5 * PAGE,
            saved: 4 * PAGE,
          },
        ],
      });
    }
  });

  it('of an unreadable process do not hide those of others', async () => {
    const broken: TestProcess = {
      ...process(2, null),
      memory: (graph) => refInto(1, ['nowhere'], graph.spec('pkg/example.Nothing')),
    };
    const half: TestProcess = {
      ...process(3, null),
      memory: (graph) => graph.pointer(graph.struct('pkg/sentry/mm.Another', { vmas: uint(3), pmas: string('x') })),
    };
    const { maps, memory, damage } = await inspected(
      [process(1, STACK), broken, half, process(4, null)],
      one(new Uint8Array(PAGE)),
    );
    expect(maps.map(({ pid, areas }) => [pid, areas.length])).toEqual([
      [1, 1],
      [3, 0],
    ]);
    expect(memory?.processes.map(({ pid, saved }) => [pid, saved])).toEqual([
      [1, PAGE],
      [3, null],
    ]);
    expect(new Set(damage.map(({ code }) => code))).toEqual(new Set(['dangling-reference', 'unknown-shape']));
  });

  it('that many processes share are read once, and very many not at all', async () => {
    let shared: WireValue | null = null;
    const sharing = Array.from({ length: 30 }, (_, index) => ({
      ...process(index + 1, null),
      memory: (graph: GraphBuilder) => {
        shared ??= memoryManager(graph, STACK);
        return shared;
      },
    }));
    const { maps } = await inspected(sharing, one(new Uint8Array(PAGE)));
    expect([maps.length, new Set(maps.map(({ areas }) => areas)).size]).toEqual([30, 1]);

    const { image } = await inspected([process(1, STACK), process(2, STACK)], one(new Uint8Array(PAGE)));
    if (image.kernel === null) throw new Error('no kernel');
    const damage: string[] = [];
    const few = mapsDocument(
      readProcessMemory(image.kernel, () => {}),
      null,
      3,
      ({ code }) => damage.push(code),
    );
    expect([few.map(({ areas }) => areas.length), damage]).toEqual([[1, 0], ['over-limit']]);
    expect(few[0]?.areas[0]).toMatchObject({ resident: PAGE, saved: null, savedAt: null });
  });
});

describe('the text', () => {
  it('of maps has sizes before the lines of /proc, and escapes names', async () => {
    const areas = [{ start: 0x7000n, end: 0xa000n, name: 'a\u001b[31m\nb' }];
    const { maps } = await inspected([process(1, { ...STACK, areas })], one(new Uint8Array(PAGE)));
    expect(mapsLines(maps, PLAIN)).toEqual([
      '  PID 1 process 1 in __no_name_0, 1 mapping, 4 KiB resident, 4 KiB saved',
      '  KIB  RESIDENT  SAVED  MAPPING',
      '   12         4      4  00007000-0000a000 rw-p 00000000 00:00 0                                  a\\x1b[31m\\nb',
      '                        ffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0                  [vsyscall]',
    ]);
    expect(mapsLines([], PLAIN)).toEqual(['  none']);
  });

  it('of the memory names places, uses, cgroups and processes', async () => {
    const { memory } = await inspected(
      [process(1, STACK)],
      [
        { owner: null, ranges: [{ start: 0n, bytes: new Uint8Array(PAGE), kind: 1, memCgId: 6 }] },
        { owner: { container: 'we\u202eb', path: '/' }, ranges: [] },
      ],
    );
    expect(memoryLines(memory, PLAIN)).toEqual([
      '  pages             in pages.img',
      '  saved             4 KiB (4096 bytes)',
      '  main memory file  4 KiB (4096 bytes) in 1 range',
      '  private file 1    0 bytes in 0 ranges, of we\\u202eb:/',
      '',
      '  SAVED  RANGES  USED AS',
      '  4 KiB       1  anonymous',
      '',
      '  SAVED  RANGES  MEMORY CGROUP',
      '  4 KiB       1  /web (number 6)',
      '',
      '  PID  MAPPED  RESIDENT   PEAK  PRIVATE  SAVED  NAME',
      '    1  12 KiB     4 KiB  8 KiB    4 KiB  4 KiB  process 1',
    ]);
    expect(memoryLines(null, PLAIN)).toEqual(['  not known: the pages are in files of their own, which were not given']);
  });
});

describe('arguments and environment', () => {
  /** Arguments at 0x8000, 20 bytes; the environment behind them. */
  async function strings(argv: string, envv: string, showEnv = false, space: Partial<TestAddressSpace> = {}) {
    const start = 0x8000n;
    const middle = start + BigInt(argv.length);
    const found = await inspected(
      [process(1, { ...STACK, argv: [start, middle], envv: [middle, middle + BigInt(envv.length)], ...space })],
      one(bytesAt(0, argv + envv)),
    );
    return found.strings(showEnv).get(1);
  }

  it('are read out of the pages', async () => {
    expect(await strings('sh\0-c\0\0a b\0', 'A=1\0SECRET=x=y\0')).toEqual({
      pid: 1,
      argv: ['sh', '-c', '', 'a b'],
      argvMissing: null,
      env: ['A', 'SECRET'],
      envMissing: null,
    });
    expect((await strings('sh\0', 'A=1\0SECRET=x=y\0noequals\0', true))?.env).toEqual(['A=1', 'SECRET=x=y', 'noequals']);
  });

  it('without a value asked for have no entry that may be the rest of one', async () => {
    expect((await strings('sh\0', 'st of a secret\0=odd\0A=1\0'))?.env).toEqual(['A']);
  });

  it('are a title where the process wrote one over them', async () => {
    expect((await strings('short title\0\0\0', 'A=1\0'))?.argv).toEqual(['short title', '', '']);
    expect((await strings('title\0rest', 'A=1\0'))?.argv).toEqual(['title']);
    const long = await strings('a title over', ' both\0cret\0B=2\0');
    expect([long?.argv, long?.env, long?.envMissing]).toEqual([['a title over both'], null, 'overwritten']);
    expect((await strings('a title over', ' both\0cret\0B=2\0', true))?.env).toEqual([' both', 'cret', 'B=2']);
  });

  it('keep a value that the title runs into', async () => {
    expect((await strings('exactly full', 'SECRET=value\0'))?.argv).toEqual(['exactly fullSECRET=…']);
    expect((await strings('exactly full', 'SECRET=value\0', true))?.argv).toEqual(['exactly fullSECRET=value']);
  });

  it('keep values when the range of the arguments holds the environment', async () => {
    const both = { argv: [0x8000n, 0x800cn], envv: [0x8003n, 0x800cn] } as const;
    expect((await strings('sh\0', 'SECRET=v\0', false, both))?.argv).toEqual(['sh', 'SECRET=…']);
  });

  it('are zeros where memory was never written, and missing where nothing is mapped', async () => {
    expect((await strings('x', '', false, { argv: [0x7000n, 0x7003n] }))?.argv).toEqual(['', '', '']);
    expect((await strings('x', '', false, { argv: [0x7ffdn, 0x8002n] }))?.argv).toEqual(['', '', '', 'x']);
    expect((await strings('x', '', false, { argv: [0xb000n, 0xb003n] }))?.argvMissing).toBe('not-mapped');
    expect((await strings('x', '', false, { argv: [0x9ffdn, 0xa003n] }))?.argvMissing).toBe('not-mapped');
    expect((await strings('x', '', false, { argv: [0n, 3n] }))?.argv).toEqual([]);
    expect((await strings('x', '', false, { argv: [0x8003n, 0x8000n] }))?.argv).toEqual([]);
  });

  it('are left out when they are too long, or their pages are not there', async () => {
    expect((await strings('x', '', false, { argv: [0x8000n, 0x8000n + 1001n] }))?.argvMissing).toBe('too-long');
    expect((await strings('x', '', false, { argv: [0x8000n, 2n ** 64n - 1n] }))?.argvMissing).toBe('too-long');
    const elsewhere = await strings('x', '', false, {
      argv: [0x8000n, 0x8003n],
      pages: [{ start: 0x8000n, end: 0x9000n, offset: 0n, owner: ['gone', '/'] }],
    });
    expect(elsewhere?.argvMissing).toBe('pages-not-given');
  });

  it('of a process without memory are missing', async () => {
    const { strings: all } = await inspected([process(1, null)], one(new Uint8Array(PAGE)));
    expect(all(true).get(1)).toEqual({ pid: 1, argv: null, argvMissing: 'no-memory', env: null, envMissing: 'no-memory' });
  });

  it('that are no text are shown with replacement characters', async () => {
    const bytes = new Uint8Array(PAGE);
    bytes.set([0xff, 0x41, 0, 0xc3, 0xa9, 0]);
    const { strings: all } = await inspected([process(1, { ...STACK, argv: [0x8000n, 0x8006n] })], one(bytes));
    expect(all(false).get(1)?.argv).toEqual(['\ufffdA', 'é']);
  });
});
