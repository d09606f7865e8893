/** Section `network` of an inspection. */
import type { SavedNetworkNamespace } from '../kernel/network/network-stack.ts';
import type { SavedStack } from '../kernel/network/saved-stack.ts';
import type { SizeRange, TcpSettings } from '../kernel/network/tcp-settings.ts';

/** The network of a sandbox. */
export interface NetworkDocument {
  /** Header metadata `network` (since release-20260721.0): sandbox, none or host; null before. */
  readonly mode: string | null;
  readonly namespaces: readonly NetworkNamespaceDocument[];
}

export interface NetworkNamespaceDocument {
  readonly object: string;
  /** N of `net:[N]`; null before release-20230731.0. */
  readonly inode: string | null;
  readonly root: boolean;
  /** Null when the image does not hold it; `notSaved` says why. */
  readonly stack: StackDocument | null;
  /** What the image cannot say of this namespace, as sentences. */
  readonly notSaved: readonly string[];
  /** Names of abstract unix sockets, without the `@`; null before release-20231016.0. */
  readonly abstractNames: readonly string[] | null;
  /** Whether TCP connections over real interfaces were to be kept at save; null before release-20260622.0. */
  readonly liveTcpMigration: boolean | null;
}

export interface StackDocument {
  readonly kind: 'netstack' | 'host';
  readonly interfaces: readonly InterfaceDocument[] | null;
  readonly routes:
    | readonly { readonly destination: string; readonly gateway: string | null; readonly interface: number }[]
    | null;
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean } | null;
  readonly ttl: { readonly ipv4: number | null; readonly ipv6: number | null };
  readonly tcp: TcpSettings | null;
  /** Bytes, for sockets that are not TCP. */
  readonly sendBuffer: SizeRange | null;
  readonly receiveBuffer: SizeRange | null;
  readonly ephemeralPorts: { readonly first: number; readonly last: number } | null;
  readonly reservedPorts: readonly { readonly network: string; readonly transport: string; readonly port: number }[] | null;
  readonly nftables: boolean | null;
  readonly externalNetworkingDisabled: boolean | null;
  readonly allowConnectedOnSave: boolean | null;
}

export interface InterfaceDocument {
  readonly id: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly promiscuous: boolean;
}

/** The document of the network namespaces, in the order given. */
export function networkDocument(namespaces: readonly SavedNetworkNamespace[], mode: string | null): NetworkDocument {
  return {
    mode,
    namespaces: namespaces.map((namespace) => ({
      object: namespace.path,
      inode: namespace.inode === null ? null : String(namespace.inode),
      root: namespace.root,
      stack: namespace.stack === null ? null : stackDocument(namespace.stack),
      notSaved: notSaved(namespace),
      abstractNames: namespace.abstractNames,
      liveTcpMigration: namespace.liveTcpMigration,
    })),
  };
}

function stackDocument(stack: SavedStack): StackDocument {
  return {
    kind: stack.kind,
    interfaces: stack.interfaces,
    routes:
      stack.routes?.map(({ destination, gateway, interfaceId }) => ({ destination, gateway, interface: interfaceId })) ?? null,
    forwarding: stack.forwarding,
    ttl: stack.ttl,
    tcp: stack.tcp,
    sendBuffer: stack.sendBuffer,
    receiveBuffer: stack.receiveBuffer,
    ephemeralPorts: stack.ephemeralPorts,
    reservedPorts: stack.reservedPorts,
    nftables: stack.nftables,
    externalNetworkingDisabled: stack.externalNetworkingDisabled,
    allowConnectedOnSave: stack.connectedOnSave,
  };
}

/** @see gVisor pkg/tcpip/stack/stack.go: fields marked nosave; docs/format.md, network stack */
function notSaved({ stack, absence }: SavedNetworkNamespace): string[] {
  if (absence === 'release') return ['The network stack: no release before 20240916 saves it. The new sandbox gives its own'];
  if (absence === 'setting')
    return ['The network stack: it is saved by default only since release 20250611. The new sandbox gives its own'];
  if (stack === null) return [];
  if (stack.kind === 'host') return ['Interfaces, addresses and routes: they are those of the host'];
  const missing = [
    ...(stack.interfaces === null ? ['interfaces'] : []),
    'addresses',
    ...(stack.routes === null ? ['routes'] : []),
  ];
  return [
    `${list(missing)}: the new sandbox gives its own`,
    `Rules of iptables and nftables: not saved${stack.nftables === true ? ', although nftables had rules' : ''}`,
  ];
}

function list(words: readonly string[]): string {
  const text = words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
