import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/bytes/byte-source.ts';
import { parseHttpAddress } from '../../../src/io/http-address.ts';
import { type HttpFile, openHttpFile } from '../../../src/io/http-file.ts';
import { type HttpSession, type HttpSettings, openHttpSession } from '../../../src/io/http-session.ts';
import { type Answer, startServer, type TestServer, type TestServerOptions } from '../../support/test-server.ts';

const SIZE = 3_000_001;
const BYTES = new Uint8Array(randomBytes(SIZE));
const KIB64 = 65_536;

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

const QUICK: HttpSettings = { environment: {}, firstDelay: 1, patience: 2000 };
function session(settings: HttpSettings = QUICK): HttpSession {
  const made = openHttpSession(settings);
  opened.push(made);
  return made;
}

async function server(options: TestServerOptions = {}, file: object = { etag: '"v1"' }): Promise<TestServer> {
  const made = await startServer({ '/file': { bytes: BYTES, ...file } }, options);
  opened.push(made);
  return made;
}

async function file(at: TestServer, settings?: HttpSettings, path = '/file'): Promise<HttpFile> {
  const found = await openHttpFile(session(settings), parseHttpAddress(`${at.base}${path}`));
  if (found === null) throw new Error('no file');
  return found;
}

async function digest(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (;;) {
    const bytes = await source.read(100_000);
    if (bytes.length === 0) return hash.digest('hex');
    hash.update(bytes);
  }
}
const WHOLE = createHash('sha256').update(BYTES).digest('hex');
const failure = (message: RegExp): object =>
  expect.objectContaining({ code: 'http-error', message: expect.stringMatching(message) });

/** A server that does the same to every ranged request but the first. */
function later(answer: Answer): TestServerOptions {
  let count = 0;
  return { answer: (request, response, serve) => (count++ === 0 ? serve() : answer(request, response, serve)) };
}
/** Answers a range with other headers than it should have. */
function ranged(change: (start: number, end: number) => { headers: Record<string, string | number>; body: Uint8Array }): Answer {
  return (request, response) => {
    const [, start = '0', end = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const { headers, body } = change(Number(start), Math.min(Number(end) + 1, SIZE));
    response.writeHead(206, { etag: '"v1"', ...headers });
    response.end(body);
  };
}

describe('a server with ranges', () => {
  it('is read forward in requests that grow', async () => {
    const at = await server();
    const source = (await file(at)).open();
    expect(source).toMatchObject({ size: SIZE, seekable: true });
    expect(await digest(source)).toBe(WHOLE);
    expect(at.sent).toBe(SIZE);
    expect(at.requests.length).toBeLessThan(9);
    expect(at.requests.slice(0, 3).map(({ range }) => range)).toEqual([
      'bytes=0-65535',
      'bytes=65536-196607',
      'bytes=196608-458751',
    ]);
    expect(at.requests.slice(1).every(({ headers }) => headers['if-range'] === '"v1"')).toBe(true);
    expect(at.requests.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });

  it('skips without asking, and is opened again without asking for the beginning', async () => {
    const at = await server();
    const found = await file(at);
    const source = found.open();
    expect(await source.skip(2_000_000)).toBe(2_000_000);
    expect(await source.read(4)).toEqual(BYTES.slice(2_000_000, 2_000_004));
    expect(await source.skip(2_000_000)).toBe(SIZE - 2_000_004);
    expect(await source.read(1)).toHaveLength(0);
    expect(await found.open().read(10)).toEqual(BYTES.slice(0, 10));
    expect(at.sent).toBe(KIB64 + 16_384);
  });

  it('is read at any position, and no more than that', async () => {
    const at = await server();
    const random = (await file(at)).openRandom();
    expect(random?.size).toBe(SIZE);
    expect(await random?.readAt(5, 10)).toEqual(BYTES.slice(5, 15));
    expect(await random?.readAt(SIZE - 3, 10)).toEqual(BYTES.slice(-3));
    expect(await random?.readAt(SIZE, 10)).toHaveLength(0);
    expect(await random?.readAt(1_000_000, 300_000)).toEqual(BYTES.slice(1_000_000, 1_300_000));
    expect(at.sent).toBe(KIB64 + 3 + 300_000);
  });

  it('has an empty file, or none', async () => {
    const at = await startServer({ '/empty': new Uint8Array(0) });
    opened.push(at);
    expect(await (await file(at, QUICK, '/empty')).open().read(1)).toHaveLength(0);
    expect(await openHttpFile(session(), parseHttpAddress(`${at.base}/none`))).toBeNull();
  });

  it('may break, and goes on where it broke', async () => {
    let count = 0;
    const at = await server({
      answer: (request, response, serve) => {
        count += 1;
        if (count % 2 === 1) return serve();
        // Half of what was asked for, then the connection is reset.
        const [, start = '0', end = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
        const stop = Math.min(Number(end) + 1, SIZE);
        response.writeHead(206, {
          etag: '"v1"',
          'content-length': stop - Number(start),
          'content-range': `bytes ${start}-${stop - 1}/${SIZE}`,
        });
        response.write(BYTES.subarray(Number(start), (Number(start) + stop) >> 1), () => response.socket?.destroy());
      },
    });
    expect(await digest((await file(at)).open())).toBe(WHOLE);
    // Nothing that had arrived was asked for again.
    expect(at.sent).toBe(SIZE);
  });

  it('may answer with less than was asked for', async () => {
    const at = await server(
      later(
        ranged((start, end) => {
          const stop = Math.min(end, start + 50_000);
          return { headers: { 'content-range': `bytes ${start}-${stop - 1}/${SIZE}` }, body: BYTES.subarray(start, stop) };
        }),
      ),
    );
    expect(await digest((await file(at)).open())).toBe(WHOLE);
  });

  it('may be busy, and is asked again', async () => {
    let count = 0;
    const at = await server({
      answer: (_, response, serve) => {
        count += 1;
        if (count % 3 === 0) serve();
        else response.writeHead(count % 3 === 1 ? 503 : 429, count === 2 ? { 'retry-after': '0' } : {}).end();
      },
    });
    expect(await digest((await file(at)).open())).toBe(WHOLE);
  });

  it.each([
    ['a day', '86400'],
    ['a date', new Date(Date.now() + 86_400_000).toUTCString()],
  ])('is not waited for: %s', async (_, value) => {
    const at = await server({ answer: (_request, response) => void response.writeHead(503, { 'retry-after': value }).end() });
    await expect(file(at)).rejects.toEqual(failure(/status 503 .*to be asked again in 86[34]\d\d seconds/));
    expect(at.requests).toHaveLength(1);
  });

  it('is given up after six attempts', async () => {
    const at = await server({ answer: (_, response) => void response.writeHead(500).end() });
    await expect(file(at)).rejects.toEqual(failure(/status 500 from the server, in 6 attempts/));
    expect(at.requests).toHaveLength(6);
  });

  it.each([
    [401, /status 401.*credentials/],
    [403, /status 403.*refuses/],
    [418, /status 418/],
    [501, /status 501/],
    [204, /status 204/],
  ])('that answers %i is not asked again', async (status, message) => {
    const at = await server({ answer: (_, response) => void response.writeHead(status).end() });
    await expect(file(at)).rejects.toEqual(failure(message));
    expect(at.requests).toHaveLength(1);
  });

  it('that does not go on is given up', async () => {
    const at = await server({
      answer: (_, response) => {
        response.writeHead(206, { 'content-length': KIB64, 'content-range': `bytes 0-65535/${SIZE}` });
        response.write(BYTES.subarray(0, 1000));
      },
    });
    await expect(file(at, { ...QUICK, patience: 50 })).rejects.toEqual(failure(/does not go on .*in 6 attempts/));
  });
});

describe('a server that lies', () => {
  const lie = (name: string, change: Parameters<typeof ranged>[0], message: RegExp): [string, Answer, RegExp] => [
    name,
    ranged(change),
    message,
  ];
  const range = (start: number, end: number, size: number | string = SIZE): Record<string, string> => ({
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  });

  it.each([
    lie(
      'another range',
      (start, end) => ({ headers: range(start + 1, end), body: BYTES.subarray(start + 1, end) }),
      /Content-Range: bytes/,
    ),
    lie('an earlier range', (_, end) => ({ headers: range(0, end), body: BYTES.subarray(0, end) }), /Content-Range: bytes 0-/),
    lie(
      'a longer range',
      (start, end) => ({ headers: range(start, end + 1), body: BYTES.subarray(start, end + 1) }),
      /Content-Range/,
    ),
    lie('no range', (start, end) => ({ headers: {}, body: BYTES.subarray(start, end) }), /Content-Range: none/),
    lie(
      'a range in other units',
      (start, end) => ({ headers: { 'content-range': `rows ${start}-${end - 1}/${SIZE}` }, body: BYTES.subarray(start, end) }),
      /rows/,
    ),
    lie(
      'a range behind the end',
      (start, end) => ({ headers: range(start, end, end - 1), body: BYTES.subarray(start, end) }),
      /Content-Range/,
    ),
    lie(
      'another size',
      (start, end) => ({ headers: range(start, end, SIZE + 1), body: BYTES.subarray(start, end) }),
      /3000002 bytes, where there were 3000001/,
    ),
    lie(
      'another ETag',
      (start, end) => ({ headers: { ...range(start, end), etag: '"v2"' }, body: BYTES.subarray(start, end) }),
      /another ETag/,
    ),
    lie(
      'a shorter Content-Length',
      (start, end) => ({ headers: { ...range(start, end), 'content-length': 10 }, body: BYTES.subarray(start, start + 10) }),
      /Content-Length: 10/,
    ),
    lie(
      'a longer Content-Length',
      (start, end) => ({
        headers: { ...range(start, end), 'content-length': end - start + 1 },
        body: BYTES.subarray(start, end + 1),
      }),
      /Content-Length/,
    ),
    lie(
      'a shorter body',
      (start, end) => ({ headers: range(start, end), body: BYTES.subarray(start, start + 10) }),
      /(?:ends before its Content-Range|few bytes).*6 attempts/,
    ),
    lie(
      'an empty body',
      (start, end) => ({ headers: range(start, end), body: new Uint8Array(0) }),
      /ends before its Content-Range, in 6 attempts/,
    ),
    lie('a longer body', (start, end) => ({ headers: range(start, end), body: BYTES.subarray(start, end + 1) }), /a longer one/),
    lie(
      'one byte at a time',
      (start) => ({ headers: range(start, start + 1), body: BYTES.subarray(start, start + 1) }),
      /a few bytes each, in 6 attempts/,
    ),
    lie(
      'gzip',
      (start, end) => ({ headers: { ...range(start, end), 'content-encoding': 'gzip' }, body: BYTES.subarray(start, end) }),
      /Content-Encoding: gzip/,
    ),
  ])('%s', async (_, answer, message) => {
    const at = await server(later(answer));
    const source = (await file(at)).open();
    await source.skip(KIB64);
    await expect(source.read(1)).rejects.toEqual(failure(message));
  });

  it.each<[string, Answer, RegExp]>([
    [
      'the whole file for a later range',
      (_, response) => void response.writeHead(200, { etag: '"v1"' }).end(BYTES),
      /the whole file where a part/,
    ],
    [
      'no range of what is there',
      (_, response) => void response.writeHead(416, { 'content-range': 'bytes */5' }).end(),
      /an end before byte 65536/,
    ],
    ['a file that is gone', (_, response) => void response.writeHead(404).end(), /status 404/],
    ['no HTTP', (request) => void request.socket.end('SSH-2.0-server\r\n'), /not HTTP/],
  ])('%s', async (_, answer, message) => {
    const at = await server(later(answer));
    const source = (await file(at)).open();
    await source.skip(KIB64);
    await expect(source.read(1)).rejects.toEqual(failure(message));
  });

  it('a file that changes, as If-Range tells', async () => {
    const at = await server({}, { modified: 'Mon, 23 Nov 2026 05:09:08 GMT' });
    const source = (await file(at)).open();
    await source.skip(KIB64);
    await source.read(1);
    at.files.set('/file', { bytes: BYTES, modified: 'Mon, 23 Nov 2026 05:09:09 GMT' });
    await source.skip(1_000_000);
    await expect(source.read(1)).rejects.toEqual(failure(/the whole file where a part/));
  });

  it('about the first range', async () => {
    const of = async (answer: Answer): Promise<HttpFile> => file(await server({ answer }));
    await expect(of(ranged((_, end) => ({ headers: range(1, end), body: BYTES.subarray(1, end) })))).rejects.toEqual(
      failure(/the first bytes/),
    );
    await expect(of(ranged((_, end) => ({ headers: range(0, end), body: BYTES.subarray(0, end + 9) })))).rejects.toEqual(
      failure(/a longer one/),
    );
    await expect(of(ranged((_, end) => ({ headers: range(0, end), body: BYTES.subarray(0, 9) })))).rejects.toEqual(
      failure(/6 attempts/),
    );
  });

  it('about where the file ends: all of it is asked for', async () => {
    const at = await server({
      answer: (request, response, serve) => {
        if (request.headers.range === undefined) serve();
        else ranged((_, end) => ({ headers: range(0, end, '*'), body: BYTES.subarray(0, end) }))(request, response, serve);
      },
    });
    expect(await digest((await file(at)).open())).toBe(WHOLE);
  });
});

describe('a server without ranges', () => {
  it('is read as one stream, and again by asking again', async () => {
    const at = await server({ ranges: false });
    const found = await file(at);
    expect(found.openRandom()).toBeNull();
    const source = found.open();
    expect(source).toMatchObject({ size: SIZE, seekable: false });
    expect(await digest(source)).toBe(WHOLE);
    expect(at.requests).toHaveLength(1);
    const second = found.open();
    expect(await second.skip(SIZE - 1)).toBe(SIZE - 1);
    expect(await second.read(10)).toEqual(BYTES.slice(-1));
    expect(at.requests.map((request) => request.range)).toEqual(['bytes=0-65535', null]);
  });

  it('may not say how long the file is', async () => {
    const at = await server({
      answer: (_, response) => {
        response.writeHead(200);
        response.write(BYTES.subarray(0, 1000));
        response.end(BYTES.subarray(1000));
      },
    });
    const found = await file(at);
    expect(found.size).toBeNull();
    expect(await digest(found.open())).toBe(WHOLE);
  });

  const cutting = (headers: Record<string, string>, times: number): Answer => {
    let count = 0;
    return (_, response) => {
      response.writeHead(200, { 'content-length': SIZE, ...headers });
      if (count++ >= times) response.end(BYTES);
      else response.write(BYTES.subarray(0, 500_000 * count), () => response.socket?.destroy());
    };
  };

  it('may break: what was read is stepped over in a new answer of the same version', async () => {
    const at = await server({ answer: cutting({ etag: 'W/"v1"' }, 2) });
    expect(await digest((await file(at)).open())).toBe(WHOLE);
    expect(at.requests).toHaveLength(3);
  });

  it('may break for good', async () => {
    const at = await server({ answer: cutting({ etag: '"v1"' }, 100) });
    await expect(digest((await file(at)).open())).rejects.toEqual(
      failure(/expected 3000001 bytes, found a connection .*after \d+ bytes/),
    );
    const undated = await server({ answer: cutting({}, 1) });
    await expect(digest((await file(undated)).open())).rejects.toEqual(failure(/after 500000 bytes.*no ranges/));
    expect(undated.requests).toHaveLength(1);
  });

  it('may change between two readings', async () => {
    const at = await server({ ranges: false });
    const found = await file(at);
    const source = found.open();
    await source.read(1);
    await source.close();
    at.files.set('/file', { bytes: BYTES, etag: '"v2"' });
    await expect(found.open().read(1)).rejects.toEqual(failure(/another ETag/));
  });

  it('may encode the file: that is refused', async () => {
    const at = await server({ answer: (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(BYTES) });
    await expect(file(at)).rejects.toEqual(failure(/Content-Encoding: gzip/));
  });
});

describe('redirects', () => {
  it('are followed up to a bound', async () => {
    const at = await server({
      answer: (request, response, serve) => {
        const hops = Number(/^\/hop(\d+)$/.exec(request.url ?? '')?.[1] ?? 0);
        if (hops === 0) serve();
        else response.writeHead(302, { location: hops === 1 ? '/file' : `/hop${hops - 1}` }).end();
      },
    });
    expect(await digest((await file(at, QUICK, '/hop10')).open())).toBe(WHOLE);
    // Where they led is asked at once from then on.
    expect(at.requests.filter(({ path }) => path !== '/file')).toHaveLength(10);
    await expect(file(at, QUICK, '/hop11')).rejects.toEqual(failure(/at most 10 redirects/));
  });

  it('that go round, nowhere, or to another protocol are refused', async () => {
    const to = async (location?: string): Promise<unknown> =>
      file(
        await server({ answer: (_, response) => void response.writeHead(301, location === undefined ? {} : { location }).end() }),
      );
    await expect(to('/file')).rejects.toEqual(failure(/at most 10 redirects/));
    await expect(to()).rejects.toEqual(failure(/one without/));
    await expect(to('http://[')).rejects.toEqual(failure(/no URL/));
    await expect(to('file:///etc/passwd')).rejects.toEqual(failure(/a file: address/));
  });

  it('that stop working are followed anew', async () => {
    let signature = 0;
    const at = await server({
      answer: (request, response, serve) => {
        const url = new URL(request.url ?? '', 'http://host');
        if (url.pathname === '/start') response.writeHead(307, { location: `/file?sig=${++signature}` }).end();
        else if (url.searchParams.get('sig') !== String(signature)) response.writeHead(403).end();
        else serve();
      },
    });
    const source = (await file(at, QUICK, '/start')).open();
    signature += 1;
    expect(await digest(source)).toBe(WHOLE);
  });

  it('do not take credentials to another server', async () => {
    const other = await server();
    const at = await server({
      answer: (request, response, serve) => {
        if (request.url === '/file') response.writeHead(302, { location: `${other.base}/file` }).end();
        else serve();
      },
    });
    const address = parseHttpAddress(`http://me:secret@127.0.0.1:${at.port}/file`);
    const found = await openHttpFile(session(), address);
    if (found === null) throw new Error('no file');
    expect(await digest(found.open())).toBe(WHOLE);
    expect(at.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
    expect(other.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});

describe('a proxy', () => {
  /** A proxy as they are: forwards http, tunnels CONNECT. */
  async function proxy(password: string | null = null) {
    const seen: string[] = [];
    const mayPass = (request: IncomingMessage): boolean =>
      password === null || request.headers['proxy-authorization'] === `Basic ${Buffer.from(password).toString('base64')}`;
    const made = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (!mayPass(request)) return void response.writeHead(407).end();
      const target = new URL(request.url ?? '');
      const onward = connect(Number(target.port), target.hostname, () => {
        const headers = Object.entries(request.headers).filter(([name]) => !name.startsWith('proxy-') && name !== 'connection');
        onward.write(
          `GET ${target.pathname} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}connection: close\r\n\r\n`,
        );
        onward.pipe(response.socket as NodeJS.WritableStream);
      });
    });
    made.on('connect', (request, socket, head) => {
      seen.push(`CONNECT ${request.url}`);
      if (!mayPass(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      const { hostname, port } = new URL(`http://${request.url}`);
      const onward = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.write(head);
        onward.pipe(socket);
        socket.pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    opened.push({
      close: () =>
        new Promise((resolve) => {
          made.closeAllConnections();
          made.close(() => resolve());
        }),
    });
    return { seen, port: (made.address() as AddressInfo).port };
  }

  it('of the environment forwards http', async () => {
    const at = await server();
    const { seen, port } = await proxy('me:secret');
    const environment = { http_proxy: `http://me:secret@127.0.0.1:${port}` };
    expect(await (await file(at, { ...QUICK, environment })).open().read(4)).toEqual(BYTES.slice(0, 4));
    expect(seen).toEqual([`GET ${at.base}/file`]);
    const none = { ...environment, no_proxy: '127.0.0.1' };
    await file(at, { ...QUICK, environment: none });
    expect(seen).toHaveLength(1);
  });

  it('of the environment tunnels https', async () => {
    const { seen, port } = await proxy();
    // Behind the tunnel is a server that speaks no TLS: the handshake fails, and by then the tunnel was used.
    const at = await server();
    const address = parseHttpAddress(`https://127.0.0.1:${at.port}/file`);
    const environment = { https_proxy: `http://127.0.0.1:${port}` };
    await expect(openHttpFile(session({ ...QUICK, environment }), address)).rejects.toEqual(failure(/./));
    expect(seen[0]).toBe(`CONNECT 127.0.0.1:${at.port}`);
  });

  it('that wants credentials says so', async () => {
    const at = await server();
    const { port } = await proxy('me:secret');
    const environment = { http_proxy: `http://127.0.0.1:${port}`, https_proxy: `http://127.0.0.1:${port}` };
    await expect(file(at, { ...QUICK, environment })).rejects.toEqual(failure(/407/));
    const address = parseHttpAddress(`https://127.0.0.1:${at.port}/file`);
    await expect(openHttpFile(session({ ...QUICK, environment }), address)).rejects.toEqual(failure(/407/));
  });

  it.each(['http://me:secret@ host', 'socks5://me:secret@host:1'])(
    'that is none is refused, and not repeated: %s',
    async (value) => {
      const at = await server();
      const opening = file(at, { ...QUICK, environment: { http_proxy: value } });
      await expect(opening).rejects.toEqual(failure(/a proxy like http:/));
      await expect(opening).rejects.not.toThrow(/secret/);
    },
  );

  it('that is not there says so', async () => {
    const at = await server();
    await expect(file(at, { ...QUICK, environment: { http_proxy: 'http://127.0.0.1:1' } })).rejects.toEqual(
      failure(/nobody who answers/),
    );
  });
});

it('connections are used again', async () => {
  const ports = new Set<number | undefined>();
  const at = await server({
    answer: (request, response, serve) => {
      ports.add(request.socket.remotePort);
      if (request.url === '/moved') response.writeHead(302, { location: '/file' }).end('moved');
      else if (request.url === '/none') response.writeHead(404).end('none');
      else serve();
    },
  });
  const one = session();
  for (const path of ['/moved', '/none', '/file']) {
    await (await openHttpFile(one, parseHttpAddress(`${at.base}${path}`)))?.openRandom()?.readAt(2_000_000, 10);
  }
  // The next request does not wait until the body of a redirect has gone by.
  expect(ports.size).toBeLessThan(3);
});

it('a server that is not there', async () => {
  const address = parseHttpAddress('http://127.0.0.1:1/file');
  await expect(openHttpFile(session(), address)).rejects.toEqual(failure(/nobody who answers .*ECONNREFUSED/));
  await expect(openHttpFile(session(), parseHttpAddress('http://no-such-host.invalid/'))).rejects.toEqual(
    failure(/host name|name server/),
  );
});
