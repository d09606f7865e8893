import { describe, expect, it } from 'vitest';
import { PullReader } from '../../../../src/bytes/pull-reader.ts';
import { ObjectStream } from '../../../../src/graph/object-stream.ts';
import { lostPrivateMemory, TMPFS } from '../../../../src/kernel/files/private-memory.ts';
import { DEFAULT_LIMITS } from '../../../../src/limits.ts';
import { rawBody } from '../../../../src/statefile/raw-body.ts';
import { createGraph } from '../../../support/graph-builder.ts';
import { memorySource } from '../../../support/memory-source.ts';
import { bool, field, string, type WireValue } from '../../../support/wire-value.ts';

async function lost(fields: Readonly<Record<string, WireValue>>): Promise<boolean> {
  const graph = createGraph();
  graph.pointer(graph.struct('pkg/sentry/kernel.Kernel', { inner: graph.struct(TMPFS, fields) }));
  const stream = new ObjectStream(rawBody(new PullReader(memorySource(graph.encode()))), DEFAULT_LIMITS);
  return lostPrivateMemory(await stream.graph('a graph', (name) => name === TMPFS));
}

describe('private memory files', () => {
  it('were lost between 2023-01-31 and 2023-11-29', async () => {
    expect(await lost({ privateMF: bool(true), clock: string('x') })).toBe(true);
  });

  it('are not in use where the field says so', async () => {
    expect(await lost({ privateMF: field(bool(false)), clock: string('x') })).toBe(false);
  });

  it('are saved since they have an id, and did not exist before', async () => {
    expect(await lost({ privateMF: bool(true), uniqueID: string('x') })).toBe(false);
    expect(await lost({ mf: string('x'), clock: string('x') })).toBe(false);
  });
});
