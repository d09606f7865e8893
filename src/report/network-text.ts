/** The network of an image, for people. */
import type { NetworkDocument, NetworkNamespaceDocument, StackDocument } from '../inspection/network.ts';
import { escapeAll, escapeText } from './escape.ts';
import { firstOf, joined, withRest } from './long-list.ts';
import { byteSize } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';

/** Every network namespace with what is saved of its stack. Escapes what it shows. */
export function networkLines(network: NetworkDocument, options: TextOptions): string[] {
  const mode = network.mode === null ? [] : pairs([['network', escapeText(network.mode)]], { indent: 2, width: options.width });
  if (network.namespaces.length === 0) return [...mode, '  no network namespace'];
  const some = firstOf(network.namespaces);
  const blocks = some.shown.map((namespace) => namespaceLines(namespace, options));
  return [
    ...mode,
    ...withRest(
      blocks.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])),
      some,
      2,
    ),
  ];
}

function namespaceLines(namespace: NetworkNamespaceDocument, options: TextOptions): string[] {
  const style = styleFor(options);
  const inode = namespace.inode === null ? '' : ` net:[${namespace.inode}]`;
  const title = `  ${style.strong(`${namespace.root ? 'root namespace' : 'namespace'}${inode}`)}`;
  const names = namespace.abstractNames ?? [];
  const rows: [string, string | null][] = [
    ...(namespace.stack === null ? [] : stackRows(namespace.stack)),
    ['abstract', names.length === 0 ? null : joined(escapeAll(names), ', ')],
    ['tcp migration', namespace.liveTcpMigration === null ? null : onOff(namespace.liveTcpMigration)],
    ['not saved', namespace.notSaved.map((sentence) => `${sentence}.`).join('\n')],
  ];
  return [
    title,
    ...pairs(rows, { indent: 4, width: options.width, paint: style.faint }),
    ...(namespace.stack === null ? [] : listLines(namespace.stack, options)),
  ];
}

function stackRows(stack: StackDocument): [string, string | null][] {
  const { tcp, forwarding, ephemeralPorts, ttl } = stack;
  return [
    ['stack', stack.kind === 'host' ? 'that of the host' : "gVisor's own"],
    ['ports in use', stack.reservedPorts === null ? null : portsText(stack.reservedPorts)],
    ['free ports', ephemeralPorts === null ? null : `${ephemeralPorts.first} to ${ephemeralPorts.last}`],
    ['forwarding', forwarding === null ? null : `IPv4 ${onOff(forwarding.ipv4)}, IPv6 ${onOff(forwarding.ipv6)}`],
    ['ttl', ttl.ipv4 === null && ttl.ipv6 === null ? null : `IPv4 ${ttl.ipv4 ?? '?'}, IPv6 ${ttl.ipv6 ?? '?'}`],
    ['tcp', tcp === null ? null : tcpText(tcp)],
    ['tcp buffers', tcp === null ? null : buffersText(tcp.sendBuffer, tcp.receiveBuffer)],
    ['other buffers', buffersText(stack.sendBuffer, stack.receiveBuffer)],
    ['nftables', stack.nftables === null ? null : stack.nftables ? 'rules at hooks of the network' : 'no rules'],
    ['outside', stack.externalNetworkingDisabled === true ? 'all interfaces but loopback are disabled' : null],
    ['at save', stack.allowConnectedOnSave === true ? 'connections were kept (--allow-connected-on-save)' : null],
  ];
}

function listLines({ interfaces, routes }: StackDocument, { width, ...style }: TextOptions): string[] {
  const paint = styleFor(style).faint;
  const nics = firstOf(interfaces ?? []);
  const ways = firstOf(routes ?? []);
  const nicRows = escapeAll(nics.shown).map(({ id, name, enabled, promiscuous }) => [
    String(id),
    name,
    `${enabled ? 'up' : 'down'}${promiscuous ? ', promiscuous' : ''}`,
  ]);
  const wayRows = escapeAll(ways.shown).map((way) => [way.destination, way.gateway ?? 'direct', String(way.interface)]);
  const head = (cells: readonly string[]) => ({ head: { cells, paint }, indent: 4, width });
  return [
    ...(nicRows.length === 0 ? [] : ['', ...withRest(table(nicRows, head(['INTERFACE', 'NAME', 'STATE'])), nics, 4)]),
    ...(wayRows.length === 0 ? [] : ['', ...withRest(table(wayRows, head(['DESTINATION', 'GATEWAY', 'INTERFACE'])), ways, 4)]),
  ];
}

/** `tcp 8123 (IPv4), tcp 8126 (IPv6), udp 5353 (IPv4)`; `tcp 80` where it is the same for both. */
function portsText(ports: NonNullable<StackDocument['reservedPorts']>): string {
  const networks = new Map<string, string[]>();
  for (const { network, transport, port } of ports) {
    const key = `${transport} ${port}`;
    networks.set(key, [...(networks.get(key) ?? []), network]);
  }
  const words = [...networks].map(([key, found]) =>
    found.length > 1 ? key : `${key} (${found[0] === 'ipv6' ? 'IPv6' : found[0] === 'ipv4' ? 'IPv4' : found[0]})`,
  );
  return words.length === 0 ? 'none' : joined(words, ', ');
}

function tcpText(tcp: NonNullable<StackDocument['tcp']>): string {
  const parts = [
    ...(tcp.congestionControl === null
      ? []
      : [`${escapeText(tcp.congestionControl)} (of ${joined(escapeAll(tcp.availableCongestionControl), ', ')})`]),
    `SACK ${onOff(tcp.sack)}`,
    `recovery ${tcp.recovery}`,
    ...(tcp.moderateReceiveBuffer === null ? [] : [`receive buffer tuning ${onOff(tcp.moderateReceiveBuffer)}`]),
    ...(tcp.timeWaitSeconds === null ? [] : [`TIME_WAIT ${tcp.timeWaitSeconds} s`]),
    ...(tcp.finWaitSeconds === null ? [] : [`FIN_WAIT2 ${tcp.finWaitSeconds} s`]),
    ...(tcp.synRetries === null ? [] : [`${tcp.synRetries} SYN retries`]),
  ];
  return parts.join(', ');
}

function buffersText(send: StackDocument['sendBuffer'], receive: StackDocument['receiveBuffer']): string | null {
  const words = [
    ...(send === null ? [] : [`send ${rangeText(send)}`]),
    ...(receive === null ? [] : [`receive ${rangeText(receive)}`]),
  ];
  return words.length === 0 ? null : words.join(', ');
}

function rangeText(range: NonNullable<StackDocument['sendBuffer']>): string {
  return `${byteSize(range.min, 'short')} / ${byteSize(range.default, 'short')} / ${byteSize(range.max, 'short')}`;
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off';
}
