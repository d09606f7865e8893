/** Ports that two endpoints hold at once: in one network stack only one of them could. */

/** A port with the address it is held on. */
export interface HeldPort {
  readonly kind: 'tcp' | 'udp';
  readonly number: number;
  /** Null: on all addresses. */
  readonly address: string | null;
  /** IP versions. */
  readonly families: readonly (4 | 6)[];
  /** Number of the interface that it is bound to; 0 for none. */
  readonly device: number;
  /** Whether it may be shared with others that say the same; by address, by one listener only. */
  readonly sharesPort: boolean;
  readonly sharesAddress: boolean;
  readonly listens: boolean;
}

/** Holders by what they allow, counted. */
type Counts = Map<number, number>;

/**
 * The indices of ports that are also held by another endpoint that does not share them. Linear in their number.
 *
 * @param ports null for endpoints that hold none
 * @see gVisor pkg/tcpip/ports/ports.go: PortManager.ReserveTuple
 */
export function portConflicts(ports: readonly (HeldPort | null)[]): Set<number> {
  const everywhere = new Map<string, Counts>();
  const byAddress = new Map<string, Counts>();
  for (const port of ports) {
    if (port === null) continue;
    for (const key of keysOf(port)) {
      count(everywhere, key, flagsOf(port));
      count(byAddress, `${key} ${port.address ?? ''}`, flagsOf(port));
    }
  }
  const found = new Set<number>();
  for (const [index, port] of ports.entries()) {
    if (port === null) continue;
    const flags = flagsOf(port);
    for (const key of keysOf(port)) {
      const beside = port.address === null ? everywhere.get(key) : byAddress.get(`${key} ${port.address}`);
      const onAll = port.address === null ? undefined : byAddress.get(`${key} `);
      if (refuses(flags, beside, 1) || refuses(flags, onAll, 0)) found.add(index);
    }
  }
  return found;
}

function keysOf({ kind, families, number, device }: HeldPort): string[] {
  return families.map((family) => `${kind}${family}:${number}%${device}`);
}

const SHARES_PORT = 1;
const SHARES_ADDRESS = 2;
const LISTENS = 4;

function flagsOf({ sharesPort, sharesAddress, listens }: HeldPort): number {
  return (sharesPort ? SHARES_PORT : 0) | (sharesAddress ? SHARES_ADDRESS : 0) | (listens ? LISTENS : 0);
}

function count(groups: Map<string, Counts>, key: string, flags: number): void {
  const counts = groups.get(key) ?? new Map<number, number>();
  counts.set(flags, (counts.get(flags) ?? 0) + 1);
  groups.set(key, counts);
}

/** @param own how often the asking endpoint is itself among the others. */
function refuses(flags: number, counts: Counts | undefined, own: number): boolean {
  if (counts === undefined) return false;
  return [...counts].some(([other, holders]) => !agree(flags, other) && holders > (other === flags ? own : 0));
}

function agree(a: number, b: number): boolean {
  const common = a & b;
  if ((common & SHARES_PORT) !== 0) return true;
  return (common & SHARES_ADDRESS) !== 0 && (common & LISTENS) === 0;
}
