/**
 * What the gate `network` says of saved sockets, against the real runsc: sockets of one kind are saved on one network and restored on others.
 *
 * Needs what `debian-runsc.test.ts` needs, the right to make network namespaces (`ip netns`), and /usr/bin/python3.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckResult, check } from '../../src/index.ts';
import { LONG } from '../support/long.ts';
import { findRunscs, type Runsc } from '../support/runsc.ts';
import { createSocketLab, type SocketLab, type TestNetwork, withoutSocketLab } from '../support/socket-lab.ts';

const HOME = { addresses: ['10.77.1.2/24', 'fd00:77::2/64'], route: true } as const;

/** The networks of the new sandbox, and how `check` is told of them. */
const NETWORKS: readonly { readonly name: string; readonly network: TestNetwork; readonly given: object }[] = [
  { name: 'the same', network: HOME, given: described(HOME) },
  { name: 'without a route', network: { ...HOME, route: false }, given: described({ ...HOME, route: false }) },
  ...[{ addresses: ['10.77.1.9/24', 'fd00:77::9/64'], route: true }].map((network) => ({
    name: 'other addresses',
    network,
    given: described(network),
  })),
  { name: 'none', network: 'none', given: { network: 'none' } },
];

/** A route that leads nowhere says that all routes are known. */
function described({ addresses, route }: Exclude<TestNetwork, 'none'>): object {
  return { network: 'sandbox', addresses: [addresses.join(',')], routes: [route ? 'default' : '192.0.2.0/24'] };
}

const udp = (code: string): string => `s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n${code}`;
const tcp = (code: string): string => `l = socket.socket()\n${code}`;

const KINDS: readonly { readonly name: string; readonly code: string }[] = [
  { name: 'udp-any', code: udp('s.bind(("0.0.0.0", 5000))') },
  { name: 'udp-address', code: udp('s.bind(("10.77.1.2", 5000))') },
  { name: 'udp-broadcast', code: udp('s.bind(("10.77.1.255", 5000))') },
  { name: 'udp-connected', code: udp('s.connect(("10.77.1.1", 5001))') },
  { name: 'udp-behind-router', code: udp('s.connect(("10.99.0.5", 5001))') },
  { name: 'udp-loopback', code: udp('s.bind(("127.0.0.1", 5000)); s.connect(("127.0.0.1", 5001))') },
  { name: 'udp6-address', code: 's = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("fd00:77::2", 5000))' },
  {
    name: 'group',
    code: udp(
      's.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + socket.inet_aton("10.77.1.2"))',
    ),
  },
  { name: 'raw-connected', code: 's = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); s.connect(("10.77.1.1", 0))' },
  { name: 'packet', code: 's = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(("eth0", 3))' },
  {
    name: 'tcp-listening',
    code: tcp('l.bind(("10.77.1.2", 6000)); l.listen(3); b = socket.socket(); b.bind(("10.77.1.2", 6001))'),
  },
  {
    name: 'tcp-loopback',
    code: tcp('l.bind(("127.0.0.1", 6000)); l.listen(3); c = socket.socket(); c.connect(("127.0.0.1", 6000)); a = l.accept()'),
  },
];

/** Every kind takes four restores; `npm run test:long` tries them all. */
const OFTEN = new Set(['udp-connected', 'udp6-address', 'tcp-listening', 'tcp-loopback']);
const TRIED = LONG ? KINDS : KINDS.filter(({ name }) => OFTEN.has(name));

const missing = process.platform === 'linux' && process.arch === 'x64' ? withoutSocketLab() : 'needs Linux on x86-64';
const found = process.getuid?.() === 0 ? findRunscs(process.env) : [];
const runscs = missing === null ? found : [];
if (runscs.length === 0) {
  // Loud: a run that compared nothing must not look like one that did.
  process.stderr.write(`\nsockets.test.ts: skipped, ${missing ?? 'no runsc, or not root'}\n`);
}

async function predict(runsc: Runsc, image: string, given: object): Promise<CheckResult> {
  const { results } = await check({ images: [image], hosts: ['current'], runsc: 'never', runscVersion: runsc.version, ...given });
  const [result] = results;
  if (result === undefined) throw new Error(`nothing was predicted for ${image}`);
  return result;
}

describe.skipIf(runscs.length === 0)('saved sockets', () => {
  let lab: SocketLab;
  beforeAll(() => {
    lab = createSocketLab();
  });
  afterAll(() => lab.remove());

  describe.each(runscs)('runsc $version', (runsc) => {
    it.each(TRIED)(
      '$name',
      async ({ name, code }) => {
        const image = await lab.save(runsc, `${name}-${runsc.date}`, code, HOME);
        const answers: string[] = [];
        const expected: string[] = [];
        for (const { name: where, network, given } of NETWORKS) {
          const error = await lab.restore(runsc, image, network);
          const { verdict, firstFailure, runscError } = await predict(runsc, image, given);
          answers.push(`${where}: ${error === null ? 'restorable' : 'blocked at network'}`);
          expected.push(`${where}: ${verdict}${firstFailure === null ? '' : ` at ${firstFailure}`}`);
          if (runscError !== null) expect(error).toBe(runscError);
        }
        expect(expected).toEqual(answers);
        // Without a word about the network, nothing that can fail is called restorable.
        const open = await predict(runsc, image, {});
        if (answers.some((answer) => answer.endsWith('network'))) expect(open.verdict).toBe('unknown');
        else expect(open.verdict).toBe('restorable');
      },
      120_000,
    );
  });
});
