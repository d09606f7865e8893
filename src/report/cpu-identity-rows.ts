/** Who made a CPU and which one it is, as names and values. */
import type { CpuIdentity } from '../cpu/identity.ts';
import { joined } from './long-list.ts';
import { byteSize } from './quantities.ts';

/** What an image and a host both say of their CPU. */
type Identity = Omit<CpuIdentity, 'xsaveSizes'>;

const SIGNATURE = {
  amd64: ['family', 'model', 'stepping'],
  arm64: ['implementer', 'part', 'variant', 'revision'],
} as const satisfies Record<Identity['arch'], readonly (keyof Identity)[]>;

/** Rows for a table of names and values; null where nothing is known. Texts must be escaped already. */
export function identityRows(identity: Identity): [name: string, value: string | null][] {
  return [
    ['vendor', identity.vendor],
    ['brand', identity.brand],
    ['generation', identity.microarchitecture],
    ['signature', signatureText(identity)],
    ['caches', joined(identity.caches.map(cacheText), ', ')],
    ['addresses', addressesText(identity)],
  ];
}

function cacheText({ level, type, size }: Identity['caches'][number]): string {
  return `L${level} ${type} ${byteSize(size, 'short')}`;
}

function signatureText(identity: Identity): string {
  return SIGNATURE[identity.arch]
    .flatMap((name) => {
      const value = identity[name];
      return value === null ? [] : [`${name} 0x${value.toString(16)}`];
    })
    .join(', ');
}

function addressesText({ physicalAddressBits: physical, virtualAddressBits: virtual }: Identity): string | null {
  return physical === null || virtual === null ? null : `${physical} bits physical, ${virtual} bits virtual`;
}
