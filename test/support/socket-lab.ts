/** Programs with sockets under a real runsc, in network namespaces of their own: made, saved, and restored somewhere else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { innermost, type RestoreAnswer, type Runsc } from './runsc.ts';

/** `none`: no network but the loopback interface. Else the addresses of `eth0`, with a default route by 10.77.1.1 if wanted. */
export type TestNetwork = 'none' | { readonly addresses: readonly string[]; readonly route: boolean };

export interface SocketLab {
  readonly directory: string;
  /** Runs Python code that makes sockets, and saves it; answers the image's directory. */
  readonly save: (runsc: Runsc, name: string, code: string, network: TestNetwork) => Promise<string>;
  readonly restore: (runsc: Runsc, image: string, network: TestNetwork) => Promise<RestoreAnswer>;
  readonly remove: () => void;
}

const PYTHON = '/usr/bin/python3';
const NAMESPACE = 'ckpt-test';
const SECONDS = 20;
/**
 * runsc recognises the first network namespace by a file that newer kernels show in all of them, and refuses to run there. A mount hides
 * it from runsc alone.
 */
const HIDDEN = 'mount -t tmpfs none /proc/sys/net && exec "$@"';

/** Why sockets cannot be tried here; null when they can. */
export function withoutSocketLab(): string | null {
  if (!existsSync(PYTHON)) return `no ${PYTHON}`;
  const added = spawnSync('ip', ['netns', 'add', `${NAMESPACE}-probe`], { encoding: 'utf8' });
  if (added.status !== 0) return `no right to make a network namespace (${added.error?.message ?? added.stderr.trim()})`;
  spawnSync('ip', ['netns', 'del', `${NAMESPACE}-probe`]);
  return null;
}

export function createSocketLab(): SocketLab {
  const directory = mkdtempSync(join(tmpdir(), 'ckpt-sockets-'));
  const rootfs = join(directory, 'rootfs');
  for (const name of ['proc', 'usr']) mkdirSync(join(rootfs, name), { recursive: true });
  for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(rootfs, name));
  let runs = 0;

  function bundle(code: string, network: TestNetwork): string {
    const path = join(directory, `bundle${runs}`);
    mkdirSync(path);
    const capabilities = ['CAP_NET_RAW', 'CAP_NET_ADMIN'];
    const namespaces = [
      ...['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      { type: 'network', ...(network === 'none' ? {} : { path: `/var/run/netns/${NAMESPACE}` }) },
    ];
    const config = {
      ociVersion: '1.0.0',
      process: {
        user: { uid: 0, gid: 0 },
        args: [PYTHON, '-S', '-c', code],
        env: ['PATH=/usr/bin'],
        cwd: '/',
        capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      },
      root: { path: rootfs, readonly: true },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        { destination: '/usr', type: 'bind', source: '/usr', options: ['ro', 'rbind'] },
      ],
      linux: { namespaces },
    };
    writeFileSync(join(path, 'config.json'), JSON.stringify(config));
    return path;
  }

  /** A command of runsc; what the program writes goes to a file. */
  function command(runsc: Runsc, network: TestNetwork, state: string, words: readonly string[], output: string): RestoreAnswer {
    const flags = [
      `--network=${network === 'none' ? 'none' : 'sandbox'}`,
      '--ignore-cgroups',
      '--platform=ptrace',
      '--net-raw=true',
    ];
    const shell = 'out=$1; shift; exec "$@" >"$out" 2>"$out.errors" </dev/null';
    const argv = ['-m', '--propagation', 'private', 'sh', '-c', HIDDEN, 'sh', 'sh', '-c', shell, 'sh', output, runsc.path];
    const result = spawnSync('unshare', [...argv, ...flags, '--root', state, ...words], {
      stdio: 'ignore',
      timeout: SECONDS * 1000,
    });
    if (result.error !== undefined) return 'no answer';
    return result.status === 0 ? null : innermost(readFileSync(`${output}.errors`, 'utf8'));
  }

  async function run<T>(network: TestNetwork, use: (state: string, output: string) => T | Promise<T>): Promise<T> {
    runs++;
    const state = mkdtempSync(join(directory, 'state-'));
    if (network !== 'none') makeNetwork(network);
    try {
      return await use(state, join(state, 'output'));
    } finally {
      if (network !== 'none') removeNetwork();
    }
  }

  return {
    directory,
    save: (runsc, name, code, network) =>
      run(network, async (state, output) => {
        const image = join(directory, name);
        mkdirSync(image);
        const program = `import socket, struct, time\n${code}\nprint("READY", flush=True)\nwhile True: time.sleep(60)`;
        const path = bundle(program, network);
        writeFileSync(`${image}.code`, program);
        const started = command(runsc, network, state, ['run', '--detach', '--bundle', path, 'saved'], output);
        for (let tries = 0; started === null && tries < 100 && !readFileSync(output, 'utf8').includes('READY'); tries++)
          await wait(100);
        const said = readFileSync(output, 'utf8').trim();
        const saved = started ?? command(runsc, network, state, ['checkpoint', '--image-path', image, 'saved'], `${output}2`);
        command(runsc, network, state, ['delete', '-force', 'saved'], `${output}3`);
        if (saved !== null || said !== 'READY') throw new Error(`${name} was not saved: ${saved ?? said}`);
        return image;
      }),
    restore: (runsc, image, network) =>
      run(network, (state, output) => {
        const path = bundle(readFileSync(`${image}.code`, 'utf8'), network);
        const words = ['restore', '--detach', '--bundle', path, '--image-path', image, 'restored'];
        const answer = command(runsc, network, state, words, output);
        command(runsc, network, state, ['delete', '-force', 'restored'], `${output}2`);
        return answer;
      }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The namespace with a loopback interface and `eth0`, whose other end lies in a second one. */
function makeNetwork({ addresses, route }: Exclude<TestNetwork, 'none'>): void {
  removeNetwork();
  const ip = (...words: readonly string[]): void => void execFileSync('ip', words);
  for (const name of [NAMESPACE, `${NAMESPACE}-peer`]) ip('netns', 'add', name);
  ip('-n', NAMESPACE, 'link', 'set', 'lo', 'up');
  ip('-n', NAMESPACE, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1', 'netns', `${NAMESPACE}-peer`);
  for (const address of addresses) {
    ip('-n', NAMESPACE, 'address', 'add', address, 'dev', 'eth0', ...(address.includes(':') ? ['nodad'] : []));
  }
  ip('-n', NAMESPACE, 'link', 'set', 'eth0', 'up');
  ip('-n', `${NAMESPACE}-peer`, 'link', 'set', 'eth1', 'up');
  if (route) ip('-n', NAMESPACE, 'route', 'add', 'default', 'via', '10.77.1.1');
}

function removeNetwork(): void {
  for (const name of [NAMESPACE, `${NAMESPACE}-peer`]) spawnSync('ip', ['netns', 'del', name]);
}
