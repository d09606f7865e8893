import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { check } from '../../../src/check.ts';
import { openContainer } from '../../../src/container/open-container.ts';
import { readImage } from '../../../src/read-image.ts';
import { buildImage, imageBytes, writeImage } from '../../support/image-builder.ts';
import { tarOf } from '../../support/image-forms.ts';
import { containerdLayout, layoutTar, orasLayout } from '../../support/oci-builder.ts';
import { writeTestHost } from '../../support/test-host.ts';
import { type Answer, startServer, type TestServer, type TestServerOptions } from '../../support/test-server.ts';

const MIB = 1024 * 1024;
/** 24 MiB of pages: what must not be fetched. */
const IMAGE = buildImage({
  epoch: 'E6',
  compression: 'none',
  memory: [{ owner: null, ranges: [{ start: 0n, bytes: new Uint8Array(24 * MIB).fill(7), kind: 1 }] }],
});
const FILES: Record<string, Uint8Array> = Object.fromEntries([...IMAGE.keys()].map((name) => [name, imageBytes(IMAGE, name)]));
const INLINE = imageBytes(
  buildImage({
    epoch: 'E6',
    compression: 'none',
    inline: true,
    memory: [{ owner: null, ranges: [{ start: 0n, bytes: new Uint8Array(24 * MIB).fill(7), kind: 1 }] }],
  }),
);
const STATE_BYTES = (FILES['checkpoint.img']?.length ?? 0) + (FILES['pages_meta.img']?.length ?? 0);

let tar: Buffer;
let root = '';
let host = '';
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ckpt-http-'));
  host = writeTestHost(root);
  tar = await tarOf(
    Object.entries(FILES)
      .map(([name, content]) => ({ name, content }))
      .reverse(),
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const servers: TestServer[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) await server.close();
});
async function serve(files: Record<string, Uint8Array>, options?: TestServerOptions): Promise<TestServer> {
  const server = await startServer(files, options);
  servers.push(server);
  return server;
}
const under = (folder: string, files: Record<string, Uint8Array> | ReadonlyMap<string, Uint8Array>): Record<string, Uint8Array> =>
  Object.fromEntries(
    [...(files instanceof Map ? files : Object.entries(files))].map(([name, bytes]) => [`${folder}${name}`, bytes]),
  );

async function verdictOf(url: string) {
  const { results, errors } = await check({ images: [url], hosts: [host], runscVersion: 'release-20260817.0' });
  return { verdict: results[0]?.verdict ?? null, path: results[0]?.image.path, errors };
}
const restorable = { verdict: 'restorable', errors: [] };

describe('an image on a server with ranges', () => {
  it.each(['/image/checkpoint.img', '/image/', '/image'])('is found at %s, and its pages are not fetched', async (path) => {
    const server = await serve(under('/image/', FILES), {
      answer: (request, response, go) => {
        if (request.url === '/image') response.writeHead(301, { location: '/image/' }).end();
        else go();
      },
    });
    server.files.set('/image/', { bytes: new TextEncoder().encode('<html>') });
    expect(await verdictOf(`${server.base}${path}`)).toMatchObject({
      ...restorable,
      path: `${server.base}${path}`,
    });
    expect(server.sent).toBeLessThan(STATE_BYTES + 4096);
    expect(server.requests.filter(({ path: asked, method }) => asked.endsWith('/pages.img') && method !== 'HEAD')).toEqual([]);
  });

  it('is a bare state file, whose pages are stepped over', async () => {
    const server = await serve({ '/any.name': INLINE });
    expect(await verdictOf(`${server.base}/any.name?sig=secret`)).toMatchObject({
      ...restorable,
      path: `${server.base}/any.name?sig=…`,
    });
    expect(server.sent).toBeLessThan(400_000);
    expect(server.requests.every(({ path }) => path === '/any.name')).toBe(true);
  });

  it('is an archive, whose pages are stepped over', async () => {
    const server = await serve({ '/image.tar': tar, '/saved': await tarOf([{ name: 'a/b.tar', content: tar }]) });
    for (const path of ['/image.tar', '/saved', '/saved#a/b.tar']) {
      server.sent = 0;
      expect(await verdictOf(`${server.base}${path}`)).toMatchObject(restorable);
      expect(server.sent).toBeLessThan(400_000);
    }
    expect(await verdictOf(`${server.base}/saved#else`)).toMatchObject({ errors: [{ code: 'no-image' }] });
  });

  it('is a compressed archive, which is read once', async () => {
    const server = await serve({ '/image.tar.gz': gzipSync(tar) });
    expect(await verdictOf(`${server.base}/image.tar.gz`)).toMatchObject(restorable);
  });

  it('is an OCI layout, an archive of one, or files that oras pushed', async () => {
    const layout = containerdLayout(tar);
    const server = await serve({
      ...under('/layout/', layout),
      ...under('/oras/', orasLayout(FILES)),
      '/saved.tar': await layoutTar(layout),
    });
    for (const path of ['/layout/', '/layout/index.json', '/oras/', '/saved.tar', '/layout/#latest'])
      expect(await verdictOf(`${server.base}${path}`)).toMatchObject(restorable);
    const [blob = ''] = [...layout.keys()].filter((name) => layout.get(name) === tar);
    server.files.set(`/layout/${blob}`, { bytes: Buffer.concat([tar.subarray(0, -1), Buffer.from([1])]) });
    expect(await verdictOf(`${server.base}/layout/`)).toMatchObject({ errors: [{ code: 'bad-digest' }] });
  });

  it('has pages that can be read at any position', async () => {
    const server = await serve(under('/image/', FILES));
    const container = await openContainer(`${server.base}/image/`);
    const pages = await (await container.find('pages.img'))?.openRandom();
    server.sent = 0;
    expect(await pages?.readAt(20 * MIB, 4)).toEqual(new Uint8Array(4).fill(7));
    expect(server.sent).toBeLessThan(70_000);
    await container.close();
  });

  it('may be a filesystem checkpoint, or nothing', async () => {
    const server = await serve({ '/fs/fscheckpoint.pb': new Uint8Array([8, 1]), '/empty/x': new Uint8Array(1) });
    expect(await openContainer(`${server.base}/fs/`)).toMatchObject({ kind: 'fscheckpoint', path: `${server.base}/fs/` });
    expect(await verdictOf(`${server.base}/empty/`)).toMatchObject({
      errors: [{ code: 'http-error', message: expect.stringContaining('checkpoint.img') }],
    });
    expect(await verdictOf(`${server.base}/none`)).toMatchObject({
      errors: [{ code: 'http-error', message: expect.stringContaining('404') }],
    });
  });
});

describe('an image on a server without ranges', () => {
  it('is read forward, in every form', async () => {
    const server = await serve(
      {
        ...under('/image/', FILES),
        '/bare': INLINE,
        '/image.tar': tar,
        '/image.tar.gz': gzipSync(tar),
        '/saved.tar': await layoutTar(containerdLayout(tar)),
      },
      { ranges: false },
    );
    for (const path of ['/image/', '/bare', '/image.tar', '/image.tar.gz', '/saved.tar'])
      expect([path, await verdictOf(`${server.base}${path}`)]).toMatchObject([path, restorable]);
    expect(server.requests.filter(({ path }) => path === '/bare')).toHaveLength(1);
    expect(server.requests.filter(({ path, method }) => path === '/image/pages.img' && method !== 'HEAD')).toEqual([]);
  });

  it('may not know HEAD', async () => {
    const server = await serve(under('/image/', FILES), {
      answer: (request, response, go) => {
        if (request.method === 'HEAD') response.writeHead(405).end();
        else go();
      },
    });
    expect(await verdictOf(`${server.base}/image/`)).toMatchObject(restorable);
  });
});

describe('a server that refuses or lies', () => {
  const answers = (when: (url: string, method: string) => boolean, answer: Answer): TestServerOptions => ({
    answer: (request, response, go) => {
      if (when(request.url ?? '', request.method ?? '')) answer(request, response, go);
      else go();
    },
  });

  it('about files beside: 403 is an error and says so', async () => {
    const server = await serve(
      under('/image/', FILES),
      answers(
        (url) => url.endsWith('pages.img'),
        (_, response) => void response.writeHead(403).end(),
      ),
    );
    expect(await verdictOf(`${server.base}/image/`)).toMatchObject({
      errors: [{ code: 'http-error', message: expect.stringMatching(/pages\.img.*403/) }],
    });
  });

  it('about the length of a file beside', async () => {
    const server = await serve(
      under('/image/', FILES),
      answers(
        (url, method) => url.endsWith('pages_meta.img') && method === 'HEAD',
        (_, response) => void response.writeHead(200, { 'content-length': 5 }).end(),
      ),
    );
    expect(await verdictOf(`${server.base}/image/`)).toMatchObject({
      errors: [{ code: 'http-error', message: expect.stringContaining('5 bytes') }],
    });
  });

  it('is busy for a moment', async () => {
    let count = 0;
    const server = await serve(
      under('/image/', FILES),
      answers(
        () => count++ === 0,
        (_, response) => void response.writeHead(503, { 'retry-after': '0' }).end(),
      ),
    );
    expect(await verdictOf(`${server.base}/image/`)).toMatchObject(restorable);
  });
});

describe('secrets of a URL', () => {
  it('are sent, and nowhere shown', async () => {
    const allowed = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    const server = await serve(
      { ...under('/image/', FILES), '/noise': new TextEncoder().encode('not an image') },
      {
        answer: (request, response, go) => {
          if (request.headers.authorization === allowed) go();
          else response.writeHead(401).end();
        },
      },
    );
    const place = `127.0.0.1:${server.port}`;
    expect(await verdictOf(`http://me:hunter2@${place}/image/`)).toMatchObject({ ...restorable, path: `http://${place}/image/` });
    for (const url of [
      `http://me:hunter3@${place}/image/`,
      `http://me:hunter2@${place}/none?sig=hunter2`,
      `http://me:hunter2@${place}/noise?sig=hunter2`,
    ]) {
      const error = await openContainer(url)
        .then((container) => readImage(container, { depth: 'all', key: null }))
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'CkptError', place: { file: expect.stringContaining(place) } });
      expect(JSON.stringify([error, String(error)])).not.toContain('hunter');
    }
  });
});

it('a proxy of the environment is used', async () => {
  const server = await serve(under('/image/', FILES));
  const seen: string[] = [];
  const proxy = await serve(
    {},
    {
      answer: (request, response) => {
        seen.push(request.url ?? '');
        const { pathname } = new URL(request.url ?? '', 'http://none');
        const file = server.files.get(pathname);
        if (file === undefined) response.writeHead(404).end();
        else
          response
            .writeHead(200, { 'content-length': file.bytes.length })
            .end(request.method === 'HEAD' ? undefined : file.bytes);
      },
    },
  );
  vi.stubEnv('http_proxy', proxy.base);
  vi.stubEnv('no_proxy', '');
  expect(await verdictOf('http://images.invalid/image/')).toMatchObject(restorable);
  expect(seen[0]).toBe('http://images.invalid/image/checkpoint.img');
  expect(server.requests).toEqual([]);
});

it('a path that looks like none of this asks nobody', async () => {
  const folder = join(root, 'http:');
  writeImage(folder, IMAGE);
  writeFileSync(join(root, 'https'), FILES['checkpoint.img'] ?? '');
  expect(await verdictOf(folder)).toMatchObject(restorable);
});
