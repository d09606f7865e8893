import { expect, test } from 'vitest';
import { hostsFromKubernetes } from '../../../src/host/hosts-from-kubernetes.ts';
import { type HostView, showHost } from '../../../src/host/show-host.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { renderHostText } from '../../../src/report/host-text.ts';
import { labelsOf, nodeObject } from '../../support/nfd-encoder.ts';

const OPTIONS = { color: false, width: 100, leaves: false, all: false };
const FLAGS = ['X87', 'CMPXCHG8', 'FXSR', 'SYSCALL', 'XSAVE', 'OSXSAVE', 'AVX'];

async function views(count: number): Promise<HostView[]> {
  const items = Array.from({ length: count }, (_, index) =>
    nodeObject(`n${index}`, labelsOf(index % 2 === 0 ? FLAGS : [...FLAGS, 'ADX'])),
  );
  const { hosts } = await hostsFromKubernetes('x', JSON.stringify({ kind: 'List', apiVersion: 'v1', items }), DEFAULT_LIMITS);
  return hosts.map(showHost);
}

test('nodes of one pool share their features, which are laid out once', async () => {
  const hosts = await views(40);
  expect(new Set(hosts.map(({ features }) => features)).size).toBe(2);
  let laidOut = 0;
  const counted = hosts.map((host) => ({
    ...host,
    features: new Proxy(host.features, {
      get: (target, key, receiver) => {
        if (key === 'unknown') laidOut++;
        return Reflect.get(target, key, receiver);
      },
    }),
  }));
  const [even, odd] = [counted[0]?.features, counted[1]?.features];
  if (even === undefined || odd === undefined) throw new Error('no hosts');
  const shared = counted.map((host, index) => ({ ...host, features: index % 2 === 0 ? even : odd }));
  expect([...renderHostText(shared, OPTIONS)]).toHaveLength(40);
  expect(laidOut).toBeLessThanOrEqual(4);
});

test('a host looks the same beside others and alone', async () => {
  const hosts = await views(4);
  const alone = hosts.map((host) => [...renderHostText([host], OPTIONS)].join(''));
  expect([...renderHostText(hosts, OPTIONS)].join('')).toBe(alone.join('\n'));
  expect(alone[1]).toContain('adx');
  expect(alone[0]).not.toMatch(/^ .* adx$/m);
});
