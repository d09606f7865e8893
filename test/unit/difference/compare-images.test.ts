import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ComparedImage, compareImages } from '../../../src/difference/compare-images.ts';
import { isCountedType } from '../../../src/difference/counted-types.ts';
import type { Difference } from '../../../src/difference/difference.ts';
import { inspect } from '../../../src/inspect.ts';
import type { InspectDocument } from '../../../src/inspection/document.ts';
import type { FileDocument } from '../../../src/inspection/files.ts';
import type { ProcessDocument } from '../../../src/inspection/process-document.ts';
import { buildImage, writeImage } from '../../support/image-builder.ts';

let dir = '';
let base: InspectDocument;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-compare-'));
  writeImage(
    dir,
    buildImage({
      processes: [
        { pid: 1, name: 'sh' },
        { pid: 7, name: 'sleep' },
      ],
    }),
  );
  base = await inspect(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

type Change = Partial<Omit<ComparedImage, 'document'>> & { readonly document?: Partial<InspectDocument> };

function compared(a: Change, b: Change): Difference[] {
  const image = ({ document, ...rest }: Change): ComparedImage => ({
    specs: null,
    types: null,
    ...rest,
    document: { ...base, ...document },
  });
  return compareImages(image(a), image(b), false);
}

const processes = (change: (process: ProcessDocument) => Partial<ProcessDocument>): Change => ({
  document: { processes: (base.processes ?? []).map((process) => ({ ...process, ...change(process) })) },
});

const brief = (differences: readonly Difference[]) =>
  differences.map(({ section, change, subject, field, a, b }) => [section, change, subject, field, a, b]);

test('an image and itself', () => {
  expect(compared({}, {})).toEqual([]);
});

describe('what one side does not know is no difference', () => {
  test('of a process', () => {
    const known = processes(() => ({ nice: 3, umask: '0022', argv: ['sh'], uid: { real: 0, effective: 0, saved: 0 } }));
    const unknown = processes(() => ({ nice: null, umask: null, argv: null, uid: null }));
    expect(compared(known, unknown)).toEqual([]);
  });

  test('of a section', () => {
    const { processes: _, memory: __, network: ___, ...rest } = base;
    const image = (document: InspectDocument): ComparedImage => ({ document, specs: null, types: null });
    expect(compareImages(image(base), image(rest), false)).toEqual([]);
  });

  test('of a terminal it is one', () => {
    const [a, b] = [processes(({ pid }) => ({ tty: pid === 1 ? 0 : null })), processes(() => ({ tty: null }))];
    expect(brief(compared(a, b))).toEqual([['processes', 'changed', 'process 1 sh', 'terminal', 0, null]]);
  });
});

describe('processes', () => {
  test('that run again with another id are the same ones', () => {
    const b = processes(({ pid }) => (pid === 7 ? { pid: 99, tids: [99] } : {}));
    expect(brief(compared({}, b))).toEqual([['processes', 'changed', 'process 7 sleep', 'pid', 7, 99]]);
  });

  test('are alive whether they run or sleep, and x87 comes and goes', () => {
    const fpu = (components: string[]) => [
      { tid: 1, name: 'sh', xstateBv: '0x0', components, xcompBv: '0x0', mxcsr: '0x1f80', bytes: 2432 },
    ];
    const a = processes(() => ({ state: 'R', fpu: fpu(['x87', 'SSE']) }));
    const b = processes(() => ({ state: 'S', fpu: fpu(['SSE']) }));
    expect(compared(a, b)).toEqual([]);
    const c = processes(({ pid }) => ({ state: pid === 1 ? 'Z' : 'S', fpu: fpu(pid === 1 ? ['SSE', 'opmask'] : []) }));
    expect(brief(compared(a, c))).toEqual([
      ['processes', 'changed', 'process 1 sh', 'state', 'alive', 'Z'],
      ['processes', 'changed', 'process 1 sh', 'floating-point state', [], ['opmask']],
    ]);
  });

  test('hide the values of their environment', () => {
    const env = (value: string) => processes(({ pid }) => (pid === 1 ? { env: [value] } : {}));
    expect(brief(compared(env('A'), env('B')))).toEqual([['processes', 'changed', 'process 1 sh', 'environment', ['A'], ['B']]]);
  });
});

describe('open files', () => {
  const file = (change: Partial<FileDocument>): FileDocument => ({
    pid: 7,
    tid: null,
    process: 'sleep',
    container: '',
    role: 'descriptor',
    fd: 3,
    kind: 'regular',
    path: '/tmp/log',
    deleted: false,
    filesystem: 'tmpfs',
    mount: 1,
    device: '0:21',
    inode: '5',
    mode: '100644',
    flags: ['O_WRONLY'],
    closeOnExec: false,
    offset: 10,
    size: 10,
    locks: [],
    asyncOwner: null,
    object: 'g1r9',
    sameAs: null,
    details: null,
    ...change,
  });

  test('differ in what they hold, not in numbers', () => {
    const [a, b] = [file({}), file({ inode: '77', mount: 4, object: 'g1r1000', offset: 20, size: 20 })];
    expect(brief(compared({ document: { files: [a] } }, { document: { files: [b] } }))).toEqual([
      ['files', 'changed', 'process 7 sleep, descriptor 3', 'size', 10, 20],
    ]);
    const pipes = ['pipe:[3]', 'pipe:[12]'].map((path) => ({ document: { files: [file({ kind: 'pipe', path, size: null })] } }));
    expect(compared(pipes[0] ?? {}, pipes[1] ?? {})).toEqual([]);
  });

  test('follow their process to its new id', () => {
    const b = processes(({ pid }) => (pid === 7 ? { pid: 99 } : {}));
    const found = compared(
      { document: { files: [file({})] } },
      { document: { ...b.document, files: [file({ pid: 99, size: 11 })] } },
    );
    expect(brief(found).slice(1)).toEqual([['files', 'changed', 'process 7 sleep, descriptor 3', 'size', 10, 11]]);
  });

  test('of a process that only one side has come and go with it', () => {
    const b = processes(({ pid }) => (pid === 7 ? { pid: 99, name: 'other', argv: ['other'] } : {}));
    const found = compared({ document: { files: [file({})] } }, { document: { ...b.document, files: [] } });
    expect(new Set(found.map(({ section }) => section))).toEqual(new Set(['processes']));
  });
});

describe('numbers of objects', () => {
  const TASK = 'pkg/sentry/kernel.Task';
  const types = (counts: Readonly<Record<string, number>>): Change => ({ types: new Map(Object.entries(counts)) });

  test('are told of what nothing else tells', () => {
    const a = types({ [TASK]: 2, 'pkg/sentry/fsimpl/proc.taskInode': 2, 'pkg/waiter.Queue': 100 });
    const b = types({ [TASK]: 3, 'pkg/sentry/fsimpl/proc.taskInode': 9, 'pkg/waiter.Queue': 200, 'pkg/new.Thing': 1 });
    expect(brief(compared(a, b))).toEqual([
      ['objects', 'changed', TASK, 'value', 2, 3],
      ['objects', 'added', 'pkg/new.Thing', null, null, 1],
    ]);
  });

  test('of another release count where both have the type', () => {
    const later = { image: { ...base.image, runscVersion: 'release-20990101.0' } };
    const a = types({ [TASK]: 2, 'pkg/old.Thing': 1 });
    const b = { ...types({ [TASK]: 3, 'pkg/new.Thing': 1 }), document: later };
    expect(brief(compared(a, b))).toEqual([
      ['image', 'changed', 'runsc version', 'value', base.image.runscVersion, 'release-20990101.0'],
      ['objects', 'changed', TASK, 'value', 2, 3],
    ]);
  });

  test.each([
    [TASK, true],
    ['pkg/sentry/vfs.Mount', true],
    ['pkg/sentry/mm.MemoryManager', true],
    ['pkg/sentry/fsimpl/tmpfs.regularFile', true],
    ['pkg/tcpip/transport/tcp.Endpoint', true],
    ['pkg/tcpip/transport/udp.endpoint', true],
    ['pkg/sentry/socket/unix/transport.connectionedEndpoint', true],
    ['pkg/tcpip/transport/tcp.sender', false],
    ['pkg/tcpip.StatCounter', false],
    ['pkg/atomicbitops.Int64', false],
    ['pkg/sentry/kernel.ThreadGroup', false],
    ['pkg/sentry/kernel/time.Timer', false],
    ['pkg/sentry/arch.Context64', false],
  ])('%s: %s', (type, counted) => {
    expect(isCountedType(type)).toBe(counted);
  });
});

describe('memory', () => {
  const memory = (saved: number, committedBytes = 4096): Change => {
    if (base.memory == null) throw new Error('the image has no memory');
    const one = { size: 0, data: 0, locked: 0, resident: 0, peakResident: 0, private: saved * 2, copyOnWrite: 0 };
    const own = { ...one, pid: 1, name: 'sh', container: null, saved };
    return { document: { memory: { ...base.memory, committedBytes, processes: [own] } } };
  };

  test('of a process counts by the MiB', () => {
    const mebibyte = 1024 * 1024;
    expect(compared(memory(mebibyte), memory(2 * mebibyte - 1))).toEqual([]);
    expect(brief(compared(memory(mebibyte, 1), memory(2 * mebibyte, 2)))).toEqual([
      ['memory', 'changed', 'saved bytes', 'value', 1, 2],
      ['memory', 'changed', 'process 1 sh', 'saved', mebibyte, 2 * mebibyte],
    ]);
  });
});
