import { describe, expect, it } from 'vitest';
import { givenNetwork } from '../../../../src/given-network.ts';
import { network as gate } from '../../../../src/restore/gates/network.ts';
import type { NeedySocket } from '../../../../src/restore/image-facts.ts';
import { type NetworkMode, NO_SETTINGS, type RestoreSettings } from '../../../../src/restore/settings.ts';
import { host, image, needySocket } from '../examples.ts';
import { boundary, rulesAt } from '../rules-at.ts';

function answer(saved: string | null, network: NetworkMode | null, version = 'release-20260817.0') {
  const metadata = new Map([...image().metadata, ...(saved === null ? [] : [['network', saved] as const])]);
  const result = gate.check(image({ metadata }), host(), rulesAt(version), { ...NO_SETTINGS, network });
  return [
    result?.outcome,
    result?.reasons.map((because) => `${because.code}@${because.order}`).join(),
    result?.failure?.error ?? null,
  ];
}

const PASS = ['pass', '', null];

describe('gate network', () => {
  it('lets host networking restore host networking only', () => {
    for (const saved of ['sandbox', 'none', null]) {
      for (const given of ['sandbox', 'none'] as const) expect(answer(saved, given)).toEqual(PASS);
      const error = `checkpoint created with ${saved ?? 'sandbox'} networking cannot be restored with host networking`;
      expect(answer(saved, 'host')).toEqual(['fail', 'CKPT1362@22', error]);
    }
    expect(answer('host', 'host')).toEqual(PASS);
    const error = 'checkpoint created with host networking cannot be restored with none networking';
    expect(answer('host', 'none')).toEqual(['fail', 'CKPT1362@22', error]);
  });

  it('refuses plugins', () => {
    const error = 'checkpoint not supported when using plugin networking';
    expect(answer('sandbox', 'plugin')).toEqual(['fail', 'CKPT1361@21', error]);
  });

  it('is not checked without the flag', () => {
    expect(answer('host', null)).toEqual(['not-checked', 'CKPT1363@22', null]);
  });

  it('refused host networking at restore from 2026-05-11 to 2026-07-20', () => {
    const { before } = boundary('network-saved');
    const { from } = boundary('hostinet-refused');
    for (const version of [before, from]) {
      expect(answer(null, 'host', version)).toEqual(['fail', 'CKPT1361@21', 'checkpoint not supported when using hostinet']);
      expect(answer(null, 'none', version)).toEqual(PASS);
    }
  });

  it('does not apply before; what host networking does then is not known', () => {
    const { before } = boundary('hostinet-refused');
    expect(answer(null, null, before)).toEqual(['not-applicable', '', null]);
    expect(answer(null, 'sandbox', before)).toEqual(['not-applicable', '', null]);
    expect(answer(null, 'host', before)).toEqual(['unknown', 'CKPT1364@21', null]);
  });
});

const ip = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
const HOME = ip(127, 0, 0, 1);
const connected = needySocket([{ kind: 'route', from: ip(10, 1, 2, 3), to: ip(10, 1, 2, 1), interfaceId: null }]);
const overLoopback = needySocket([{ kind: 'route', from: HOME, to: HOME, interfaceId: null }], { kind: 'tcp' });
const packet = needySocket([{ kind: 'interface', interfaceId: 2 }], { kind: 'packet', local: null, protocol: 3 });
const DEAD = 'urpc method "containerManager.Restore" failed: EOF';

function withSockets(version: string, sockets: readonly NeedySocket[], more: Partial<RestoreSettings> = {}, complete = true) {
  const saved = image({ socketNeeds: { complete, sockets } });
  const result = gate.check(saved, host(), rulesAt(version), { ...NO_SETTINGS, ...more });
  return [result?.outcome, result?.reasons.map(({ code, order }) => `${code}@${order}`).join(), result?.failure?.error ?? null];
}

describe('gate network, saved sockets', () => {
  const NONE = { network: 'none' } as const;

  it.each([
    ['datagram-closed', connected, DEAD],
    ['tcp-closed', { ...connected, kind: 'tcp' }, DEAD],
    ['packet-kept', packet, DEAD],
    ['buffers-kept', needySocket([{ kind: 'buffers', send: 1, receive: 1 }], { kind: 'tcp' }), DEAD],
  ] as const)('fail until %s', (change, socket, error) => {
    const { before, from } = boundary(change);
    expect(withSockets(before, [socket], NONE)).toEqual(['fail', 'CKPT1365@39', error]);
    expect(withSockets(from, [socket], NONE)).toEqual(['not-applicable', '', null]);
  });

  it('are open until the network is known', () => {
    expect(withSockets('20240729', [connected])).toEqual(['unknown', 'CKPT1366@39', null]);
    const addresses = givenNetwork(['10.1.2.3/24'], []);
    expect(withSockets('20240729', [connected], { addresses })).toEqual(['not-applicable', '', null]);
    expect(withSockets('20240729', [connected], { addresses: givenNetwork(['10.1.2.4/24'], []) })[0]).toBe('fail');
  });

  it('that need the loopback interface pass on an assumption, without one in a sandbox of its own', () => {
    expect(withSockets('20240729', [overLoopback])).toEqual(['pass', 'CKPT1367@39', null]);
    expect(withSockets('20240729', [overLoopback], NONE)).toEqual(['not-applicable', '', null]);
  });

  it('that receive packets fail while the graph is loaded, until 2024-12-18', () => {
    const { before, from } = boundary('endpoints-with-stack');
    const error = 'error executing callbacks: RegisterPacketEndpoint(2, 3, _): unknown nic id';
    expect(withSockets(before, [packet], NONE)).toEqual(['fail', 'CKPT1365@33', error]);
    expect(withSockets(boundary('callback-error-first').before, [packet], NONE)).toEqual(['fail', 'CKPT1365@33', null]);
    expect(withSockets(from, [packet], NONE)).toEqual(['fail', 'CKPT1365@39', DEAD]);
  });

  it('that shake hands are open from 2022-04-18 to 2024-12-18', () => {
    const shaking = needySocket([{ kind: 'handshake' }], { kind: 'tcp' });
    const since = boundary('handshake-waits');
    const until = boundary('endpoints-with-stack');
    for (const version of [since.from, until.before]) {
      expect(withSockets(version, [shaking], NONE)).toEqual(['unknown', 'CKPT1368@39', null]);
    }
    for (const version of [since.before, until.from]) expect(withSockets(version, [shaking], NONE)[0]).toBe('not-applicable');
  });

  it('of two namespaces with one port are open until 2025-06-02', () => {
    const { before, from } = boundary('stack-saved');
    const shared = needySocket([{ kind: 'port', port: 53 }]);
    expect(withSockets(before, [shared], NONE)).toEqual(['unknown', 'CKPT1369@39', null]);
    expect(withSockets(from, [shared], NONE)).toEqual(['not-applicable', '', null]);
  });

  it('that cannot be read leave it open', () => {
    expect(withSockets('20240729', [], {}, false)).toEqual(['unknown', 'CKPT1370@39', null]);
  });

  it('name process, descriptor, addresses and what must be there, a few of many', () => {
    const saved = image({
      socketNeeds: { complete: true, sockets: [connected, packet] },
    });
    const [because] = gate.check(saved, host(), rulesAt('20240729'), NO_SETTINGS)?.reasons ?? [];
    expect(because?.message).toContain(
      'udp 10.1.2.3:53 (pid 7 fd 3) needs address 10.1.2.3 on an interface with a route to 10.1.2.1; packet (pid 7 fd 3) needs an interface with number 2',
    );
    const many = gate.check(
      image({ socketNeeds: { complete: true, sockets: Array.from({ length: 5 }, (_, i) => ({ ...connected, objectId: i })) } }),
      host(),
      rulesAt('20240729'),
      NO_SETTINGS,
    );
    expect(many?.reasons[0]?.message).toMatch(/; and 2 more$/);
  });

  it('are not looked at when the kind of network is refused', () => {
    expect(withSockets(boundary('hostinet-refused').from, [packet], { network: 'host' })).toEqual([
      'fail',
      'CKPT1361@21',
      'checkpoint not supported when using hostinet',
    ]);
  });
});
