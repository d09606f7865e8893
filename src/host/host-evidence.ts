/** How complete a host description is. */
import type { Host } from './host.ts';

/**
 * `exact` when the description leaves nothing unknown that the gates need, else `partial`.
 *
 * The gates need every compared feature; on amd64 also the cache line, whether XSAVE is used, and XCR0 where it is. The page size does not
 * count: amd64 has one, and where an arm64 description does not hold it, the gate says what it assumes, except for labels of a Kubernetes
 * node, about which it assumes nothing.
 */
export function evidenceOf(host: Host): 'exact' | 'partial' {
  for (const fact of host.features.values()) if (fact.presence === 'unknown') return 'partial';
  if (host.arch === 'arm64') return host.source === 'labels' && host.pageSize.value === null ? 'partial' : 'exact';
  if (host.cacheLine.value === null || host.useXsave.value === null) return 'partial';
  if (!host.useXsave.value) return 'exact';
  const { set, clear } = host.xcr0Known;
  return host.xcr0.value === null || BigInt.asUintN(64, ~(set | clear)) !== 0n ? 'partial' : 'exact';
}
