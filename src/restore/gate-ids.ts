/** The names of the gates. */

/** The gates, in the order in which results list them. */
export const GATE_IDS = [
  'image-readable',
  'container-count',
  'container-specs',
  'runsc-version',
  'oci-spec',
  'network',
  'gpu',
  'page-size',
  'cpu-arch',
  'cpu-features',
  'cache-line',
  'object-graph',
  'fpu-state',
  'host-files',
  'pages',
] as const;

export type GateId = (typeof GATE_IDS)[number];
