import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { type StateDumpOptions, type StateDumpResult, stateDump } from '../../src/state-dump.ts';
import { concatBytes } from '../support/byte-sink.ts';
import { dumpOf } from '../support/dump-of.ts';
import { createGraph, encodeSingleObjectGraph } from '../support/graph-builder.ts';
import { buildImage, type ImageOptions, imageBytes, TEST_LEAVES, writeImage } from '../support/image-builder.ts';
import { encodeFeatureSetGraph } from '../support/kernel-graph-encoder.ts';
import { encodeStateFile, type Framing } from '../support/statefile-encoder.ts';
import { array, ref, string, uint } from '../support/wire-value.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-dump-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

let files = 0;
async function dumped(
  image: Uint8Array | ImageOptions,
  options: StateDumpOptions = {},
): Promise<StateDumpResult & { readonly text: string }> {
  const path = join(dir, String(files++));
  if (image instanceof Uint8Array) writeFileSync(path, image);
  else writeImage(path, buildImage(image));
  return dumpedFile(path, options);
}

async function dumpedFile(path: string, options: StateDumpOptions = {}): Promise<StateDumpResult & { readonly text: string }> {
  const blocks: Uint8Array[] = [];
  const result = await stateDump(path, async (block) => void blocks.push(block.slice()), options);
  const text = Buffer.from(concatBytes(blocks)).toString('utf8');
  expect(result.bytes).toBe(Buffer.byteLength(text));
  return { ...result, text };
}

/** A state file with these graphs and nothing else. */
function stateFile(graphs: readonly Uint8Array[], framing: Framing = { kind: 'raw' }): Uint8Array {
  const compression = framing.kind === 'flate' ? 'flate-best-speed' : 'none';
  return encodeStateFile({ metadata: { compression }, headerHmac: 'absent', framing, body: graphs });
}

const cpu = encodeFeatureSetGraph({ encoding: 'amd64-function-hwcap', leaves: TEST_LEAVES, hwcap: 1n, hwcap2: 2n });
const raw = (text: string): string[] => text.match(/^\(\d+ bytes non-object data\)$/gm) ?? [];

describe('what is between the graphs', () => {
  test.each(['E0', 'E3', 'E4', 'E5'] as const)('%s with inline pages: a line for each range', async (epoch) => {
    const { text, difference, damage } = await dumped({ epoch, compression: 'flate-best-speed' });
    expect(damage).toBeNull();
    expect(difference).toBeNull();
    expect(raw(text)).toEqual(['(8192 bytes non-object data)', '(4096 bytes non-object data)']);
    // Two ranges before what follows them.
    if (epoch !== 'E0') expect(text).toMatch(/^g2t1 = type pkg\/sentry\/kernel\.privateMemoryFileMetadata \{$/m);
  });

  test('E6: the protobuf metadata is one stretch of raw data', async () => {
    const { text, difference, damage } = await dumped({ epoch: 'E6', compression: 'flate-best-speed' });
    expect({ difference, damage }).toEqual({ difference: 'protobuf-memory', damage: null });
    expect(raw(text)).toHaveLength(3);
    expect(raw(text).slice(1)).toEqual(['(8192 bytes non-object data)', '(4096 bytes non-object data)']);
    expect(text).toMatch(/^g3t1 = type pkg\/sentry\/kernel\.privateMemoryFileMetadata \{$/m);
  });

  test('E1: lengths of pages that lie in another file', async () => {
    const image = buildImage({ epoch: 'E1' });
    const path = join(dir, 'e1');
    writeImage(path, image);
    const { text, difference, damage } = await dumpedFile(path);
    expect({ difference, damage }).toEqual({ difference: 'pages-elsewhere', damage: null });
    expect(raw(text)).toEqual(['(8192 bytes non-object data)', '(4096 bytes non-object data)']);
  });

  test('separate metadata is not looked at', async () => {
    const { text, difference, damage } = await dumped({ epoch: 'E6' });
    expect({ difference, damage, raw: raw(text) }).toEqual({ difference: null, damage: null, raw: [] });
  });
});

describe('damage', () => {
  const broken = encodeSingleObjectGraph(array([uint(1), uint(2)]));

  test('a graph that is cut: its whole objects, then the error', async () => {
    const graph = createGraph();
    graph.object(string('first'));
    graph.object(string('second'));
    const { text, damage } = await dumped(stateFile([cpu, graph.encode().subarray(0, -3)]));
    expect(text.startsWith(await dumpOf([cpu]))).toBe(true);
    expect(text.endsWith('\ng0r1 = "first"\n')).toBe(true);
    expect(damage?.code).toBe('truncated');
    expect(damage?.place.file).toContain(dir);
  });

  test('a reference that leads nowhere: everything, and the error', async () => {
    const graph = createGraph();
    graph.object(ref(7));
    const { text, damage } = await dumped(stateFile([cpu, graph.encode(), broken]));
    expect(text.endsWith('g0r1 = g0r7\ng0r1 = [\n\t1,\n\t2,\n]\n')).toBe(true);
    expect(damage?.code).toBe('dangling-reference');
  });

  test('raw data that is cut: its length, and the error', async () => {
    const bytes = imageBytes(buildImage({ epoch: 'E0', compression: 'none', framing: { kind: 'raw' }, headerHmac: 'absent' }));
    const { text, damage } = await dumped(bytes.subarray(0, -8192));
    expect(raw(text)).toEqual(['(8192 bytes non-object data)']);
    expect(damage?.code).toBe('truncated');
  });

  test('a limit that is exceeded is named', async () => {
    const limits = { ...DEFAULT_LIMITS, graphObjects: 1 };
    const { text, damage } = await dumped(stateFile([cpu, broken]), { limits });
    expect(text).toBe('');
    expect(damage?.code).toBe('over-limit');
  });

  test('no image at all is thrown', async () => {
    await expect(dumped(new Uint8Array(100))).rejects.toMatchObject({ code: 'not-an-image' });
    await expect(dumpedFile(join(dir, 'missing'))).rejects.toMatchObject({ code: 'not-found' });
  });
});

test('a flate body in chunks of other sizes than announced is read again, and nothing is printed twice', async () => {
  const image = { epoch: 'E5', compression: 'flate-best-speed' } as const;
  const whole = await dumped(image);
  const odd = imageBytes(buildImage({ ...image, framing: { kind: 'flate', chunkBytes: 3000 } }));
  // The announced chunk size stands behind the metadata.
  const at = 16 + Number(new DataView(odd.buffer, odd.byteOffset).getBigUint64(8));
  new DataView(odd.buffer, odd.byteOffset).setUint32(at, 1000);
  const { text, damage } = await dumped(odd);
  expect(damage).toBeNull();
  expect(text).toBe(whole.text);
});

test('a keyed image needs no key, and is verified with it', async () => {
  const key = new TextEncoder().encode('key');
  const image = { epoch: 'E5', compression: 'flate-best-speed', key } as const;
  const without = await dumped(image);
  const verified = await dumped(image, { key });
  expect([without.hmac, without.keyVerified, verified.keyVerified]).toEqual(['keyed', false, true]);
  expect(verified.text).toBe(without.text);
});

test('HTML is a whole page, of a damaged image too', async () => {
  const { text } = await dumped(stateFile([cpu, cpu.subarray(0, -1)]), { html: true });
  expect(text.startsWith('<html><body>\n<pre><a name="g0t1">g0t1</a><a href="#g0t1">&#9875;</a> = type ')).toBe(true);
  expect(text.endsWith('\n</pre></body></html>\n')).toBe(true);
});

test('blocks are handed over one at a time', async () => {
  const graph = createGraph();
  graph.object(string('x'.repeat(2_000_000)));
  let busy = false;
  let blocks = 0;
  const path = join(dir, 'blocks');
  writeFileSync(path, stateFile([cpu, graph.encode()]));
  const { bytes } = await stateDump(path, async (block) => {
    expect(busy).toBe(false);
    expect(block.length).toBeLessThan(1 << 20);
    busy = true;
    await new Promise((resolve) => setImmediate(resolve));
    busy = false;
    blocks++;
  });
  expect(bytes).toBeGreaterThan(2_000_000);
  expect(blocks).toBeGreaterThan(4);
});
