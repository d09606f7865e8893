/** The names of the gates. */

/** The gates, in the order in which results list them. */
export const GATE_IDS = [
  'image-readable',
  'container-count',
  'container-specs',
  'runsc-version',
  'page-size',
  'cpu-arch',
  'cpu-features',
  'cache-line',
  'fpu-state',
] as const;

export type GateId = (typeof GATE_IDS)[number];
