/**
 * Which nodes a constraint selects: the rules of Kubernetes and of Node Feature Discovery, apart from the code that writes constraints.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#operators
 * @see NFD pkg/apis/nfd/nodefeaturerule/expression.go (evaluateMatchExpression), at v0.19.0
 */
type Labels = Readonly<Record<string, string>>;

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** `spec.affinity` of a pod. */
export interface Affinity {
  readonly nodeAffinity: {
    readonly requiredDuringSchedulingIgnoredDuringExecution: {
      readonly nodeSelectorTerms: readonly { readonly matchExpressions?: readonly Expression[] }[];
    };
  };
}

/** Terms are alternatives; a term without expressions matches nothing. */
export function affinitySelects({ nodeAffinity }: Affinity, labels: Labels): boolean {
  const { nodeSelectorTerms } = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  return nodeSelectorTerms.some(({ matchExpressions = [] }) => {
    return matchExpressions.length > 0 && matchExpressions.every((expression) => selects(expression, labels));
  });
}

function selects({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      throw new Error(`the scheduler knows no operator ${operator}`);
  }
}

export function selectorSelects(nodeSelector: Labels, labels: Labels): boolean {
  return Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
}

/** What NFD's worker found: flags are names, attributes have values. */
export interface NfdFeatures {
  readonly flags: Readonly<Record<string, readonly string[]>>;
  readonly attributes: Readonly<Record<string, Labels>>;
}

interface Matcher {
  readonly feature: string;
  readonly matchExpressions?: Readonly<Record<string, { readonly op: string; readonly value?: readonly string[] }>>;
}

/** Terms are all needed, and all expressions of a term. */
export function featuresMatch(matchFeatures: readonly Matcher[], { flags, attributes }: NfdFeatures): boolean {
  return matchFeatures.every(({ feature, matchExpressions = {} }) => {
    const names = flags[feature];
    const values = attributes[feature];
    if (names === undefined && values === undefined) return false;
    return Object.entries(matchExpressions).every(([name, { op, value = [] }]) => {
      const found = values?.[name];
      const valid = names?.includes(name) === true || found !== undefined;
      if (op === 'Exists' && value.length === 0) return valid;
      if (op === 'In' && value.length > 0) return found !== undefined && value.includes(found);
      throw new Error(`NFD takes no ${op} with ${value.length} values`);
    });
  });
}
