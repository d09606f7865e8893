import { describe, expect, it } from 'vitest';
import { PullReader } from '../../../../src/bytes/pull-reader.ts';
import { ObjectStream } from '../../../../src/graph/object-stream.ts';
import { HOST_INODE, lostDescriptors } from '../../../../src/kernel/files/lost-descriptors.ts';
import { kernelFields } from '../../../../src/kernel/threads.ts';
import { DEFAULT_LIMITS } from '../../../../src/limits.ts';
import { rawBody } from '../../../../src/statefile/raw-body.ts';
import { createGraph } from '../../../support/graph-builder.ts';
import { memorySource } from '../../../support/memory-source.ts';
import { bool, map, nil, string, type WireValue } from '../../../support/wire-value.ts';

/** Inherited files by container and path, as a release saves them. */
interface Options {
  readonly names: boolean;
  /** The release keeps a flag with each file that says whether a restore must find it; null for a release without. */
  readonly restorable: boolean | null;
}

async function lostOf(keys: readonly (readonly [container: string, path: string])[], { names, restorable }: Options) {
  const builder = createGraph();
  const kernel = builder.reserve();
  const inodes = keys.map(([container, path]): WireValue => {
    const restoreKey = builder.struct('pkg/sentry/vfs.RestoreID', { ContainerName: string(container), Path: string(path) });
    const flag: Readonly<Record<string, WireValue>> = restorable === null ? {} : { restorable: bool(restorable) };
    return builder.pointer(builder.struct(HOST_INODE, { restoreKey, ...flag }));
  });
  const containerNames = names ? { containerNames: map([[string('id'), string('web')]]) } : {};
  builder.define(
    kernel,
    builder.struct('pkg/sentry/kernel.Kernel', { ...containerNames, files: builder.slice(inodes), nothing: nil() }),
  );
  const stream = new ObjectStream(rawBody(new PullReader(memorySource(builder.encode()))), DEFAULT_LIMITS);
  const graph = await stream.graph('a graph', (name) => name === HOST_INODE);
  return lostDescriptors(graph, kernelFields(graph));
}

const FILES = [
  ['web', 'host:0'],
  ['', 'host:2'],
  ['', 'host:1'],
  ['', 'host:2'],
] as const;

describe('lostDescriptors', () => {
  it('names the inherited files that are of no container, each once', async () => {
    const lost = await lostOf(FILES, { names: true, restorable: null });
    expect(lost).toEqual([
      { container: '', path: 'host:1' },
      { container: '', path: 'host:2' },
    ]);
  });

  it('finds none where all are of a container', async () => {
    expect(await lostOf([['web', 'host:2']], { names: true, restorable: null })).toEqual([]);
  });

  it('finds none in releases that save no names of containers, and in those that let such files be', async () => {
    expect(await lostOf(FILES, { names: false, restorable: null })).toEqual([]);
    expect(await lostOf(FILES, { names: true, restorable: false })).toEqual([]);
  });

  it.each([null, true])(
    'names what was passed beside the standard files, of containers too (restorable: %s)',
    async (restorable) => {
      const keys = [
        ['web', 'host:2'],
        ['web', 'host:7'],
      ] as const;
      const lost = [{ container: 'web', path: 'host:7' }];
      expect(await lostOf(keys, { names: true, restorable })).toEqual(lost);
      expect(await lostOf(keys, { names: false, restorable })).toEqual(lost);
      expect(await lostOf(keys, { names: true, restorable: false })).toEqual([]);
    },
  );
});
