import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CkptError } from '../../src/errors.ts';
import { readGraphs } from '../../src/read-graphs.ts';
import { stateFind } from '../../src/state-find.ts';
import { stateGet } from '../../src/state-get.ts';
import { stateTree } from '../../src/state-tree.ts';
import { stateTypes } from '../../src/state-types.ts';
import { buildImage, imageBytes } from '../support/image-builder.ts';

const PROCESSES = Array.from({ length: 40 }, (_, index) => ({ pid: index + 1, name: `process ${index}` }));
let dir = '';
let whole = '';
let bytes: Uint8Array = new Uint8Array(0);
let cpuEnd = 0;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-graphs-'));
  bytes = imageBytes(buildImage({ processes: PROCESSES, framing: { kind: 'raw' }, metadata: { compression: 'none' } }));
  whole = join(dir, 'whole');
  writeFileSync(whole, bytes);
  const { cpu } = await readGraphs(whole, { depth: 'cpu', key: null });
  cpuEnd = cpu.wire.base + cpu.wire.end;
});
afterAll(() => rmSync(dir, { recursive: true }));

function cutAt(length: number): string {
  const path = join(dir, `cut ${length}`);
  writeFileSync(path, bytes.subarray(0, length));
  return path;
}

describe('the graphs of an image', () => {
  it('are read as far as is asked', async () => {
    const cpu = await readGraphs(whole, { depth: 'cpu', key: null });
    const both = await readGraphs(whole, { depth: 'kernel', key: null });
    expect([cpu.kernel, cpu.damage, both.damage, both.kernel?.number]).toEqual([null, null, null, 1]);
  });

  it('are answered up to a damage', async () => {
    const { kernel } = await readGraphs(whole, { depth: 'kernel', key: null });
    const start = kernel?.wire.base ?? 0;
    const end = start + (kernel?.wire.end ?? 0);
    const objects: number[] = [];
    for (let length = start; length < end; length += Math.ceil((end - start) / 25)) {
      const image = cutAt(length);
      const part = await readGraphs(image, { depth: 'kernel', key: null });
      expect(part.damage).toMatchObject({ code: 'truncated' });
      objects.push(part.kernel?.ids.length ?? 0);
      if (part.kernel === null) continue;
      const types = await stateTypes(image);
      expect([...types.types, ...types.rest].reduce((sum, entry) => sum + entry.bytes, 0)).toBe(types.graph.bytes);
      expect(types.damage).toMatchObject({ code: 'truncated', layer: 'graph' });
      const tree = await stateTree(image, 'kernel', { depth: 3 });
      expect(tree.damage).not.toBeNull();
      await expect(stateGet(image, 'g1r100000')).rejects.toMatchObject({ code: 'truncated' });
    }
    expect(objects).toEqual([...objects].sort((a, b) => a - b));
    expect(objects.at(-1)).toBeGreaterThan(100);
  });

  it('are answered in part where the second is missing', async () => {
    for (const length of [cpuEnd, cpuEnd + 3]) {
      const image = cutAt(length);
      expect(await stateGet(image, 'cpu.Function', { depth: 0 })).toMatchObject({ value: { $type: 'map' }, damage: null });
      await expect(stateTypes(image)).rejects.toMatchObject({ name: 'CkptError', code: 'truncated' });
      await expect(stateFind(image, 'Task')).rejects.toBeInstanceOf(CkptError);
      await expect(stateGet(image, 'kernel')).rejects.toMatchObject({ code: 'truncated' });
      await expect(stateTree(image)).rejects.toMatchObject({ code: 'truncated' });
    }
  });

  it('cannot be had of an image that ends in the header', async () => {
    await expect(stateGet(cutAt(60), 'cpu')).rejects.toBeInstanceOf(CkptError);
    await expect(stateGet(join(dir, 'nothing'), 'cpu')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the questions to them', () => {
  it('find structs by their fields', async () => {
    const document = await stateFind(whole, 'Task', {
      where: ['image.Name=process 7'],
      show: ['image.Name', 'taskNode.parent.nothing'],
    });
    expect(document).toMatchObject({ type: 'pkg/sentry/kernel.Task', count: 1, damage: null });
    expect(document.matches.map(({ path, value }) => [path, { ...(value as object) }])).toEqual([
      [expect.stringMatching(/^g1r\d+$/), { 'image.Name': 'process 7', 'taskNode.parent.nothing': null }],
    ]);
    expect((await stateFind(whole, 'kernel.Task')).count).toBe(40);
    expect((await stateFind(whole, 'taskNode')).matches[0]?.path).toMatch(/^g1r\d+\.taskNode$/);
  });

  it('refuse fields that a type does not have', async () => {
    await expect(stateFind(whole, 'Task', { where: ['nam=x'] })).rejects.toThrow(/has no field "nam"/);
    await expect(stateFind(whole, 'Task', { show: ['nam'] })).rejects.toThrow(/has no field "nam"/);
    // A path that ends at nil may be right; one that no struct has is not.
    await expect(stateFind(whole, 'Task', { show: ['image.Nam'] })).rejects.toThrow(/image .* has no field "Nam"/);
    await expect(stateFind(whole, 'Task', { where: ['image.Nam=process 7'] })).rejects.toThrow(/image .* has no field "Nam"/);
    await expect(stateFind(whole, 'Tsk')).rejects.toThrow(/none of the \d+ types/);
  });

  it('follow references by what a person guesses', async () => {
    const { value, at, type } = await stateGet(whole, 'kernel.tasks.Root.tids');
    expect([at, type]).toEqual([expect.stringMatching(/^g1r\d+$/), 'map']);
    expect(Object.values(value as object).filter((tid) => typeof tid === 'number')).toHaveLength(40);
  });
});
