/** Use case `host labels`: a host as labels of a Kubernetes node, in gVisor's own names. */
import type { Arch } from './cpu/feature.ts';
import { featuresOf } from './cpu/feature-names.ts';
import { encodeGvisorLabels, undecidedFacts } from './cpu/gvisor-labels.ts';
import { gvisorLabelFacts } from './host/gvisor-label-facts.ts';
import type { Host } from './host/host.ts';
import { evidenceOf } from './host/host-evidence.ts';
import { type HostOptions, openHosts } from './host/open-host.ts';
import type { HostError } from './host/opened-hosts.ts';
import { TOOL } from './tool.ts';

export const HOST_LABELS_SCHEMA = 'ckpt/host-labels@1';

/** The labels of one host. */
export interface LabelledHost {
  readonly name: string;
  readonly arch: Arch;
  readonly evidence: 'exact' | 'partial';
  /** gVisor names of features that the description does not decide, in feature-number order: their labels say `unknown`. */
  readonly unknown: readonly string[];
  /** Facts that the description does not decide, by the name of their label: there is none. */
  readonly undecided: readonly string[];
  /** Label by full name. */
  readonly labels: Readonly<Record<string, string>>;
}

/** `ckpt/host-labels@1` */
export interface HostLabelsDocument {
  readonly schema: typeof HOST_LABELS_SCHEMA;
  readonly tool: typeof TOOL;
  readonly hosts: readonly LabelledHost[];
}

/** Hosts as labels: `current`, files, directories, `-`, each perhaps as `name=…`. Never throws a CkptError. */
export async function hostLabels(
  specs: readonly string[],
  options: HostOptions = {},
): Promise<{ readonly document: HostLabelsDocument; readonly errors: readonly HostError[] }> {
  const opened = await openHosts(specs, { ...options, details: true });
  const document = { schema: HOST_LABELS_SCHEMA, tool: TOOL, hosts: opened.hosts.map(labelled) } as const;
  return { document, errors: opened.errors };
}

function labelled(host: Host): LabelledHost {
  const { name, arch, features } = host;
  const facts = gvisorLabelFacts(host);
  return {
    name,
    arch,
    evidence: evidenceOf(host),
    unknown: featuresOf(arch)
      .map((feature) => feature.name)
      .filter((feature) => (features.get(feature)?.presence ?? 'unknown') === 'unknown'),
    undecided: undecidedFacts(facts),
    labels: Object.fromEntries(encodeGvisorLabels(facts)),
  };
}
