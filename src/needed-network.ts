/** What the sockets of an opened image need of the network that a release restores them into. */
import type { OnDamage } from './kernel/attempt.ts';
import { attempt } from './kernel/attempt.ts';
import { holdersOfEndpoints } from './kernel/network/socket-holders.ts';
import { readSocketNeeds } from './kernel/network/socket-needs.ts';
import type { OpenedImage } from './read-image.ts';
import type { SocketNeeds } from './restore/image-facts.ts';
import type { Rules } from './restore/rules.ts';

const NOTHING: SocketNeeds = { complete: true, sockets: [] };

/** Reads the needs of an image's sockets once, when the first release asks that cannot restore without; null without a kernel graph. */
export function neededNetwork(image: Pick<OpenedImage, 'kernel'> | null): (rules: Rules) => SocketNeeds | null {
  let read: SocketNeeds | null = null;
  return (rules) => {
    // Since then no socket stops a restore.
    if (rules.has('packet-kept')) return NOTHING;
    const kernel = image?.kernel ?? null;
    if (kernel === null) return null;
    read ??= socketNeeds(kernel);
    return read;
  };
}

function socketNeeds(kernel: NonNullable<OpenedImage['kernel']>): SocketNeeds {
  let complete = true;
  const endpoints = readSocketNeeds(kernel.graph, () => {
    complete = false;
  });
  if (endpoints.length === 0) return { complete, sockets: [] };
  // Who holds a socket is told for people: what cannot be read there changes no answer.
  const ignore: OnDamage = () => {};
  const holders = attempt(() => holdersOfEndpoints(kernel, ignore), ignore) ?? new Map();
  return { complete, sockets: endpoints.map((endpoint) => ({ ...endpoint, holders: holders.get(endpoint.objectId) ?? [] })) };
}
