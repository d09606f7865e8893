/** The features that KubeVirt shows of a node. */
import type { FlagState } from './judge-flags.ts';
import { KUBEVIRT_FEATURE_PREFIX, KUBEVIRT_FEATURES, KUBEVIRT_REQUIRED_PREFIX } from './kubevirt-evidence.ts';
import type { NodeParts } from './node-parts.ts';

export interface KubevirtFlags {
  readonly stateOf: (label: string) => FlagState;
  readonly any: boolean;
  /** Two nodes with the same key have the same state of every feature. */
  readonly key: string;
  readonly notes: readonly string[];
}

const NO_KVM =
  'labels of KubeVirt prove nothing here: the node does not offer devices.kubevirt.io/kvm, so they may speak of what QEMU emulates';

const PREFIXES = [KUBEVIRT_FEATURE_PREFIX, KUBEVIRT_REQUIRED_PREFIX];
const NAMES: ReadonlySet<string> = new Set(KUBEVIRT_FEATURES.map((row) => row.label));

/** What KubeVirt shows: labels count where the node has /dev/kvm, and missing ones never. */
export function kubevirtFlags({ labels, kvm }: NodeParts): KubevirtFlags {
  const shown = new Map<string, string>();
  for (const [label, value] of labels) {
    const prefix = PREFIXES.find((one) => label.startsWith(one));
    const feature = prefix === undefined ? '' : label.slice(prefix.length);
    if (value === 'true' && NAMES.has(feature) && !shown.has(feature)) shown.set(feature, label);
  }
  const stateOf = (feature: string): FlagState => {
    const label = shown.get(feature);
    if (label === undefined)
      return { kind: 'unknown', source: `no label ${KUBEVIRT_FEATURE_PREFIX}${feature}, which proves nothing` };
    return kvm ? { kind: 'shown', source: `label ${label}, on a node with KVM` } : { kind: 'unknown', source: NO_KVM };
  };
  const any = shown.size > 0;
  return { stateOf, any, key: [kvm, ...[...shown.values()].sort()].join(' '), notes: any && !kvm ? [NO_KVM] : [] };
}
