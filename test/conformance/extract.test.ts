/** `extract` on the corpus: the same archive from every form of an image, and core files that hold what the processes had. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractArchive, extractDirectory, listFiles } from '../../src/extract.ts';
import { extractMemory } from '../../src/extract-memory.ts';
import { extractSpecs } from '../../src/extract-specs.ts';
import { inspect } from '../../src/inspect.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ckpt-extract-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));
const out = (name: string): string => join(scratch, name);

const keyOf = (name: string): { key?: Uint8Array } => {
  const key = truthOf(name, 'key.txt');
  return key === null ? {} : { key: new TextEncoder().encode(key.toString('utf8').trim()) };
};

/** Images with whole pages: all but the failed save and those of file systems only. */
const IMAGES = sharedImages().filter(
  (name) => existsSync(join(imageOf(name), 'checkpoint.img')) && !name.startsWith('20221219/node'),
);
const FILES_ONLY = sharedImages().filter((name) => !existsSync(join(imageOf(name), 'checkpoint.img')));
/** Programs that read core files, where they are installed. */
const [READELF, GDB] = ['readelf', 'gdb'];
const HAS = (name = ''): boolean => spawnSync(name, ['--version']).status === 0;

/** Loadable segments of a core file. */
function segmentsOf(file: string): { address: bigint; bytes: Buffer; size: bigint }[] {
  const core = readFileSync(file);
  return Array.from({ length: core.readUInt16LE(56) }, (_, index) => 64 + index * 56)
    .filter((at) => core.readUInt32LE(at) === 1)
    .map((at) => {
      const [offset, length] = [Number(core.readBigUInt64LE(at + 8)), Number(core.readBigUInt64LE(at + 32))];
      expect(offset + length).toBeLessThanOrEqual(core.length);
      return {
        address: core.readBigUInt64LE(at + 16),
        bytes: core.subarray(offset, offset + length),
        size: core.readBigUInt64LE(at + 40),
      };
    });
}

function bytesAt(file: string, start: bigint, end: bigint): Buffer {
  const segment = segmentsOf(file).find(({ address, bytes }) => address <= start && end <= address + BigInt(bytes.length));
  return segment === undefined
    ? Buffer.alloc(0)
    : segment.bytes.subarray(Number(start - segment.address), Number(end - segment.address));
}

describe.skipIf(!HAS_SHARED)('files', () => {
  it.each(IMAGES)('%s: everything listed is written, twice the same', async (name) => {
    const image = imageOf(name);
    const [listed, first] = [
      await listFiles(image, keyOf(name)),
      await extractArchive(image, { file: out('a.tar'), force: true }, keyOf(name)),
    ];
    await extractArchive(image, { file: out('b.tar'), force: true }, keyOf(name));
    expect([listed.errors, first.errors]).toEqual([[], []]);
    expect(first.totals).toEqual({ ...listed.totals, written: listed.totals.files - listed.totals.leftOut });
    expect(readFileSync(out('a.tar')).equals(readFileSync(out('b.tar')))).toBe(true);
    const names =
      execFileSync('tar', ['-tf', out('a.tar')])
        .toString()
        .split('\n').length - 1;
    expect(names).toBe(first.totals.written);
  });

  it.each(FILES_ONLY)('%s: the files of a filesystem checkpoint', async (name) => {
    const document = await extractDirectory(imageOf(name), out(name.replaceAll('/', '-')), { preserve: true });
    expect(document.image.kind).toBe('fscheckpoint');
    expect(document.errors).toEqual([]);
    expect(document.totals.failed).toBe(0);
    const written = document.files.filter(({ type, outcome }) => type === 'file' && outcome === 'written');
    expect(written.length).toBeGreaterThan(0);
    for (const { path, size } of written)
      expect([path, statSync(out(`${name.replaceAll('/', '-')}/${path}`)).size]).toEqual([path, size]);
  });

  it('20260817/shrw-none: the file that the container wrote', async () => {
    await extractDirectory(imageOf('20260817/shrw-none'), out('shrw'), { paths: ['/etc'] });
    expect(readFileSync(out('shrw/etc/passwd'), 'utf8')).toBe('root:x:0:0:root:/root:/bin/sh\nmore\n');
    expect(readdirSync(out('shrw'))).toEqual(['etc']);
  });

  it('20260817/kitchen: the same archive from every form', async () => {
    const image = imageOf('20260817/kitchen');
    await extractArchive(image, { file: out('whole.tar'), force: true });
    const expected = readFileSync(out('whole.tar'));
    const members = ['pages.img', 'pages_meta.img', 'checkpoint.img'];
    execFileSync('tar', ['-C', image, '-cf', out('first.tar'), ...members]);
    execFileSync('tar', ['-C', image, '-cf', out('last.tar'), ...members.toReversed()]);
    for (const form of ['first.tar', 'last.tar', 'first.tar.gz', 'last.tar.gz']) {
      if (form.endsWith('.gz')) execFileSync('gzip', ['-kf', out(form.slice(0, -3))]);
      const blocks: Uint8Array[] = [];
      await extractArchive(out(form), { write: async (bytes) => void blocks.push(bytes.slice()) });
      expect(Buffer.concat(blocks).equals(expected), form).toBe(true);
    }
    // What was kept meanwhile is gone.
    expect(readdirSync(scratch).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('a pages.img that ends too early costs the files that lie behind its end, and leaves no part of them', async () => {
    const image = out('cut');
    execFileSync('cp', ['-r', imageOf('20260817/kitchen'), image]);
    execFileSync('chmod', ['-R', 'u+w', image]);
    truncateSync(join(image, 'pages.img'), 4096);
    const document = await extractArchive(image, { file: out('cut.tar'), force: true });
    const failed = document.files.filter(({ outcome }) => outcome === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ error }) => error?.code === 'truncated')).toBe(true);
    const names = execFileSync('tar', ['-tf', out('cut.tar')])
      .toString()
      .split('\n');
    expect(names.length - 1).toBe(document.totals.written);
    for (const { path } of failed) expect(names).not.toContain(path);
    const directory = await extractDirectory(image, out('cut-files'));
    expect(directory.totals.failed).toBe(document.totals.failed);
    for (const { path } of failed) expect(existsSync(out(`cut-files/${path}`))).toBe(false);
  });
});

describe.skipIf(!HAS_SHARED)('a core file', () => {
  it.each(IMAGES)('%s: has the arguments of each process where it has them', async (name) => {
    const image = imageOf(name);
    const { processes = [] } = await inspect(image, { sections: ['processes', 'maps'], showEnv: true, ...keyOf(name) });
    const { maps } = await inspect(image, { sections: ['maps'], ...keyOf(name) });
    const checked: number[] = [];
    for (const space of maps?.filter((_, index) => index < 4) ?? []) {
      const document = await extractMemory(image, space.pid, { file: out('core'), force: true }, keyOf(name));
      expect(document.errors).toEqual([]);
      const words = processes?.find(({ pid }) => pid === space.pid)?.argv ?? null;
      const [start, end] = space.arguments.map(BigInt) as [bigint, bigint];
      if (words !== null && end > start) {
        // A process may have written its title over its arguments and behind them.
        const expected = Buffer.from(words.map((word) => `${word}\0`).join(''));
        const bytes = bytesAt(out('core'), start, end);
        if (bytes.length > 0 && expected.length === bytes.length) {
          expect(bytes.equals(expected)).toBe(true);
          checked.push(space.pid);
        }
      }
      expect(document.mappings.map((mapping) => [mapping.start, mapping.end, mapping.permissions, mapping.bytes])).toEqual(
        space.areas.map((area) => [area.start, area.end, area.permissions, area.bytes]),
      );
      expect(document.totals.saved).toBe(space.areas.reduce((sum, { saved }) => sum + (saved ?? 0), 0));
      // Every address of every mapping is in exactly one segment.
      const total = segmentsOf(out('core')).reduce((sum, { size }) => sum + size, 0n);
      expect(total).toBe(BigInt(space.areas.reduce((sum, { bytes }) => sum + bytes, 0)));
    }
    expect(checked.length).toBeGreaterThan(0);
  });

  it.skipIf(!HAS(READELF))('20260817/kitchen: is one that readelf reads to its end', async () => {
    await extractMemory(imageOf('20260817/kitchen'), 1, { file: out('core.1'), force: true });
    const { stdout, stderr, status } = spawnSync(READELF ?? '', ['-W', '-h', '-l', '-n', out('core.1')], { maxBuffer: 1 << 28 });
    expect([status, stderr.toString()]).toEqual([0, '']);
    const text = stdout.toString();
    expect(text.includes('CORE (Core file)')).toBe(true);
    expect(text.match(/NT_PRSTATUS/g)?.length).toBe(3);
    for (const note of ['NT_PRPSINFO', 'NT_AUXV', 'NT_FILE', 'NT_FPREGSET', 'NT_X86_XSTATE'])
      expect([note, text.includes(note)]).toEqual([note, true]);
    expect(readFileSync(out('core.1')).includes('\0/usr/bin/python3\0')).toBe(true);
  });

  it.skipIf(!HAS(GDB))('20260817/kitchen: is one that gdb shows the registers of', async () => {
    await extractMemory(imageOf('20260817/kitchen'), 1, { file: out('core.gdb'), force: true });
    const { threads } = await inspect(imageOf('20260817/kitchen'), { sections: ['threads'] });
    const registers = (threads?.find(({ tid }) => tid === 1)?.registers ?? {}) as Record<string, string>;
    const commands = ['rip', 'rsp', 'rax', 'r15'].flatMap((name) => ['-ex', `p/x $${name}`]);
    const { stdout } = spawnSync(GDB ?? '', ['-nx', '-batch', '-c', out('core.gdb'), ...commands, '-ex', 'info threads']);
    const shown = [...stdout.toString().matchAll(/^[$]\d+ = (0x[0-9a-f]+)$/gm)].map(([, value]) => BigInt(value ?? 0));
    expect(shown).toEqual(['rip', 'rsp', 'rax', 'r15'].map((name) => BigInt(registers[name] ?? -1)));
    expect(stdout.toString()).toMatch(/python3/);
    expect(stdout.toString().match(/LWP \d/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('20260817/kitchen: has the secrets of a process, which is what it is asked for', async () => {
    const image = imageOf('20260817/kitchen');
    const { processes } = await inspect(image, { sections: ['processes'] });
    const owner = processes?.find(({ env }) => env?.some((name) => name.startsWith('SECRET_TOKEN')));
    await extractMemory(image, owner?.pid ?? 0, { file: out('secret'), force: true });
    expect(readFileSync(out('secret')).includes('SECRET_TOKEN=hunter2-marker')).toBe(true);
    expect(statSync(out('secret')).mode & 0o777).toBe(0o600);
  });
});

describe.skipIf(!HAS_SHARED)('specs', () => {
  it.each(IMAGES.filter((name) => name > '20241'))('%s: are the ones that were saved', async (name) => {
    const saved = truthOf(name, 'metadata.json');
    const text = saved === null ? null : (JSON.parse(saved.toString('utf8')) as { container_specs?: string }).container_specs;
    const specs = await extractSpecs(imageOf(name), { showEnv: true, ...keyOf(name) });
    expect(specs.length).toBeGreaterThan(0);
    if (text === null || text === undefined) return;
    expect(Object.fromEntries(specs.map(({ container, text: spec }) => [container, JSON.parse(spec)]))).toEqual(JSON.parse(text));
    for (const { text: spec } of specs) expect(text).toContain(spec);
    const hidden = await extractSpecs(imageOf(name), keyOf(name));
    for (const { text: spec, hidden: some } of hidden)
      if (some) for (const variable of JSON.parse(spec).process.env) expect(variable).toMatch(/=<hidden>$/);
  });
});
