/**
 * What Node Feature Discovery takes, as JSON Schema.
 *
 * @see NFD api/nfd/v1alpha1/types.go (Rule, GroupRule, FeatureMatcherTerm, MatchExpression), api/image-compatibility/v1alpha1/spec.go and
 *   deployment/base/nfd-crds/nfd-api-crds.yaml, at commit 76e6cc8cc (2026-07-30)
 */
const closed = (properties: object, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const STRINGS = { type: 'object', additionalProperties: { type: 'string' } };
const OPERATORS = [
  'In',
  'NotIn',
  'InRegexp',
  'Exists',
  'DoesNotExist',
  'Gt',
  'Ge',
  'Lt',
  'Le',
  'GtLt',
  'GeLe',
  'IsTrue',
  'IsFalse',
];

const EXPRESSION = {
  ...closed({ op: { enum: OPERATORS }, value: { type: 'array', items: { type: 'string' } }, type: { type: 'string' } }, ['op']),
  // Checked when a rule is evaluated.
  allOf: [
    {
      if: { properties: { op: { enum: ['Exists', 'DoesNotExist', 'IsTrue', 'IsFalse'] } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { value: { maxItems: 0 } } },
      else: { properties: { value: { minItems: 1 } }, required: ['value'] },
    },
  ],
};
const TERM = closed(
  {
    feature: { type: 'string', pattern: '^[a-z]+[.][a-z]+$' },
    matchExpressions: { type: 'object', additionalProperties: EXPRESSION },
    matchName: EXPRESSION,
  },
  ['feature'],
);
const MATCHERS = {
  matchFeatures: { type: 'array', items: TERM },
  matchAny: {
    type: 'array',
    items: closed({ matchFeatures: { type: 'array', items: TERM } }, ['matchFeatures']),
    minItems: 1,
  },
};
const GROUP_RULE = closed({ name: { type: 'string' }, vars: STRINGS, varsTemplate: { type: 'string' }, ...MATCHERS }, ['name']);
const LABELS = {
  type: 'object',
  // Qualified names in the namespaces that NFD lets through; values as those of every label.
  propertyNames: { pattern: '^([a-z0-9.-]+[.])?feature[.]node[.]kubernetes[.]io/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$' },
  additionalProperties: { type: 'string', pattern: '^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$' },
};
const RULE = closed({ name: { type: 'string' }, labels: LABELS, annotations: STRINGS, extendedResources: STRINGS, ...MATCHERS }, [
  'name',
]);

export const NODE_FEATURE_RULE = closed(
  {
    apiVersion: { const: 'nfd.k8s-sigs.io/v1alpha1' },
    kind: { const: 'NodeFeatureRule' },
    metadata: closed({ name: { type: 'string', pattern: '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$' } }, ['name']),
    spec: closed({ rules: { type: 'array', items: RULE, minItems: 1 } }, ['rules']),
  },
  ['apiVersion', 'kind', 'metadata', 'spec'],
);

/** The layer of an artifact `application/vnd.nfd.image-compatibility.v1alpha1`. */
export const IMAGE_COMPATIBILITY = closed(
  {
    version: { const: 'v1alpha1' },
    compatibilities: {
      type: 'array',
      items: closed(
        {
          rules: { type: 'array', items: GROUP_RULE },
          weight: { type: 'integer' },
          tag: { type: 'string' },
          description: { type: 'string' },
        },
        ['rules'],
      ),
    },
  },
  ['version', 'compatibilities'],
);
