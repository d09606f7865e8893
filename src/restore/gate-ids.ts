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

/** The gates of a filesystem checkpoint, in the order in which runsc comes to them; the first and third answer for both kinds of image. */
export const FILESYSTEM_GATE_IDS = [
  'image-readable',
  'fs-version',
  'runsc-version',
  'fs-page-size',
  'fs-endianness',
  'fs-bounds',
] as const;

export type FilesystemGateId = (typeof FILESYSTEM_GATE_IDS)[number];
export type GateId = (typeof GATE_IDS)[number] | FilesystemGateId;
