/** What an image that comes from a server is called in documents: never by the secrets of its URL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { check } from '../../src/check.ts';
import { diff } from '../../src/diff.ts';
import { listFiles } from '../../src/extract.ts';
import { extractMemory } from '../../src/extract-memory.ts';
import { extractSpecs } from '../../src/extract-specs.ts';
import { inspect } from '../../src/inspect.ts';
import { pack } from '../../src/pack.ts';
import { pages } from '../../src/pages.ts';
import { stateFind } from '../../src/state-find.ts';
import { stateGet } from '../../src/state-get.ts';
import { stateTree } from '../../src/state-tree.ts';
import { stateTypes } from '../../src/state-types.ts';
import { verify } from '../../src/verify.ts';
import { writeSpecs } from '../../src/write-specs.ts';
import { buildImage, imageBytes } from '../support/image-builder.ts';
import { tarOf } from '../support/image-forms.ts';
import { writeTestHost } from '../support/test-host.ts';
import { startServer, type TestServer } from '../support/test-server.ts';

const SECRET = 'hunter2';
let server: TestServer;
let root = '';
let host = '';
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ckpt-urls-'));
  host = writeTestHost(root);
  const image = buildImage({ epoch: 'E6' });
  const members = [...image.keys()].map((name) => ({ name, content: imageBytes(image, name) }));
  server = await startServer({
    '/image.tar': await tarOf(members),
    '/state': imageBytes(image),
    '/cut': imageBytes(image).subarray(0, 3000),
    '/other': new Uint8Array(5000).fill(7),
  });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

const USES: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  check: (path) => check({ images: [path], hosts: [host] }),
  diff: (path) => diff(path, path),
  inspect,
  pages: (path) => pages([path]),
  verify: (path) => verify([path]),
  listFiles,
  pack: (path) => pack(path, { write: async () => {} }),
  extractMemory: (path) => extractMemory(path, 1, { write: async () => {} }),
  extractSpecs: async (path) => writeSpecs(path, await extractSpecs(path), { file: null }),
  writeSpecs: async (path) => writeSpecs(path, [], { file: null }),
  stateTypes,
  stateTree,
  stateFind: (path) => stateFind(path, 'kernel.Kernel'),
  stateGet: (path) => stateGet(path, 'root'),
};

test.each(Object.entries(USES))('%s', async (_, use) => {
  for (const file of ['image.tar', 'state', 'cut', 'other', 'absent']) {
    const path = `http://user:${SECRET}@127.0.0.1:${server.port}/${file}?token=${SECRET}`;
    const answer = await use(path).catch((error: unknown) => error);
    const error = answer instanceof Error ? [answer.message, Object.values(answer)] : [];
    const shown = JSON.stringify([answer, error], (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    expect(shown).not.toContain(SECRET);
  }
});
