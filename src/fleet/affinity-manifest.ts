/** Constraints as the objects that Kubernetes and Node Feature Discovery take. */
import { LABEL_NAMESPACE } from '../cpu/gvisor-labels.ts';
import type { AffinityForm, Constraint, LabelVocabulary, Manifest } from './affinity-document.ts';

/** What a manifest is made of. */
export interface ManifestInput {
  readonly form: AffinityForm;
  readonly labels: LabelVocabulary;
  readonly constraints: readonly Constraint[];
  /** Of the object, and in the label that a rule makes. */
  readonly name: string;
}

/** The label that a rule gives to nodes that meet the constraints. */
export function ruleLabel(name: string): string {
  return `${LABEL_NAMESPACE}/restores-${name}`;
}

/** Forms that Node Feature Discovery evaluates itself, over features and not over labels. */
export const FORMS_OF_NFD: ReadonlySet<AffinityForm> = new Set(['node-feature-rule', 'image-compatibility']);

/** The object in the form that was asked for. */
export function manifestOf(input: ManifestInput): Manifest {
  return FORMS[input.form](input);
}

const FORMS: Readonly<Record<AffinityForm, (input: ManifestInput) => Manifest>> = {
  'node-affinity': ({ constraints }) => ({ affinity: nodeAffinity(constraints) }),
  'node-selector': ({ constraints }) => ({ nodeSelector: nodeSelector(constraints) }),
  'deployment-patch': ({ constraints }) => ({ spec: { template: { spec: { affinity: nodeAffinity(constraints) } } } }),
  'node-feature-rule': (input) => ({
    apiVersion: 'nfd.k8s-sigs.io/v1alpha1',
    kind: 'NodeFeatureRule',
    metadata: { name: `ckpt-restores-${input.name}` },
    spec: {
      rules: [
        { name: `ckpt-restores-${input.name}`, labels: { [ruleLabel(input.name)]: 'true' }, matchFeatures: matchFeatures(input) },
      ],
    },
  }),
  'image-compatibility': (input) => ({
    version: 'v1alpha1',
    compatibilities: [
      {
        tag: 'gvisor-restore',
        description: `what runsc restore asks of a CPU for ${input.name}`,
        rules: [{ name: `ckpt-restores-${input.name}`, matchFeatures: matchFeatures(input) }],
      },
    ],
  }),
};

/** @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity */
function nodeAffinity(constraints: readonly Constraint[]): Manifest {
  const matchExpressions = constraints.map(({ key, operator, values }) => ({ key, operator, values }));
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  };
}

/** A selector knows equality with one value only. */
function nodeSelector(constraints: readonly Constraint[]): Manifest {
  return Object.fromEntries(constraints.map(({ key, values: [value = ''] }) => [key, value]));
}

/** @see NFD api/nfd/v1alpha1/types.go: FeatureMatcherTerm */
function matchFeatures({ labels, constraints }: ManifestInput): readonly Manifest[] {
  const matching = constraints.filter(({ for: [first] }) => first?.kind !== 'arch');
  if (matching.length === 0) return [];
  const terms = matching.map(({ key, operator, values }): [string, Manifest] => [
    key,
    labels === 'nfd' ? { op: 'Exists' } : { op: operator, value: values },
  ]);
  return [{ feature: labels === 'nfd' ? 'cpu.cpuid' : 'local.label', matchExpressions: Object.fromEntries(terms) }];
}
