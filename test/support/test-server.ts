/** A server on this machine that serves bytes well or badly, and remembers what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request that came. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | null;
  readonly headers: IncomingMessage['headers'];
}

/** What to do about a request; `serve` answers it as a good server does. */
export type Answer = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void;

export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly etag?: string;
  readonly modified?: string;
}

export interface TestServer {
  readonly port: number;
  readonly base: string;
  readonly requests: SeenRequest[];
  /** Bytes of bodies that were sent. */
  sent: number;
  readonly files: Map<string, ServedFile>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  /** Whether `Range` is answered (default true). */
  readonly ranges?: boolean;
  readonly answer?: Answer;
}

/** Starts a server for files by path, such as `/image/checkpoint.img`. */
export async function startServer(
  files: Readonly<Record<string, Uint8Array | ServedFile>>,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const { ranges = true, answer } = options;
  const sockets = new Set<Socket>();
  const known = new Map<string, ServedFile>();
  for (const [path, file] of Object.entries(files))
    known.set(path, file instanceof Uint8Array ? { bytes: file, etag: '"v1"' } : file);
  const server: Server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const path = decodeURIComponent(new URL(url, 'http://host').pathname);
    seen.requests.push({ method, path, range: headers.range ?? null, headers });
    const write = response.write.bind(response);
    const end = response.end.bind(response);
    const count = (chunk: unknown): void => {
      if (chunk instanceof Uint8Array) seen.sent += chunk.length;
    };
    response.write = ((chunk: Uint8Array, ...rest: []) => {
      count(chunk);
      return write(chunk, ...rest);
    }) as typeof response.write;
    response.end = ((chunk?: Uint8Array, ...rest: []) => {
      count(chunk);
      return end(chunk, ...rest);
    }) as typeof response.end;
    const serve = (): void => serveFile(request, response, known.get(path) ?? null, ranges);
    if (answer === undefined) serve();
    else answer(request, response, serve);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const seen: TestServer = {
    port,
    base: `http://127.0.0.1:${port}`,
    requests: [],
    sent: 0,
    files: known,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return seen;
}

function serveFile(request: IncomingMessage, response: ServerResponse, file: ServedFile | null, ranges: boolean): void {
  if (file === null) {
    response.writeHead(404).end();
    return;
  }
  const { bytes, etag, modified } = file;
  const version = {
    ...(etag === undefined ? {} : { etag }),
    ...(modified === undefined ? {} : { 'last-modified': modified }),
    ...(ranges ? { 'accept-ranges': 'bytes' } : {}),
  };
  const head = request.method === 'HEAD';
  const condition = request.headers['if-range'];
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (!ranges || match === null || head || (condition !== undefined && condition !== etag && condition !== modified)) {
    response.writeHead(200, { ...version, 'content-length': bytes.length });
    response.end(head ? undefined : bytes);
    return;
  }
  const start = Number(match[1]);
  const end = Math.min(match[2] === '' ? bytes.length : Number(match[2]) + 1, bytes.length);
  if (start >= bytes.length) {
    response.writeHead(416, { ...version, 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  response.writeHead(206, {
    ...version,
    'content-length': end - start,
    'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
  });
  response.end(bytes.subarray(start, end));
}
