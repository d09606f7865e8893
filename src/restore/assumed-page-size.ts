/** When a description that does not hold the page size is answered for 4 KiB. */
import type { Host } from '../host/host.ts';

/** MIDR_EL1 implementer of Apple, whose machines run Linux with pages of 16 KiB. */
const APPLE = 0x61;

/** Why 4 KiB cannot be assumed of an arm64 host whose page size is unknown; null when it can. */
export function whyNoPageSize(host: Host): string | null {
  if (host.identity?.implementer === APPLE) return 'Linux on Apple silicon usually runs with pages of 16 KiB';
  if (host.source !== 'labels') return null;
  return 'the labels of a Kubernetes node do not say it, and arm64 nodes run with pages of 4 or of 64 KiB';
}
