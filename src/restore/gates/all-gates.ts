/** The gates, in the order in which results list them. */
import type { Gate } from '../gate.ts';
import { cacheLine } from './cache-line.ts';
import { containerCount } from './container-count.ts';
import { containerSpecs } from './container-specs.ts';
import { cpuArch } from './cpu-arch.ts';
import { cpuFeatures } from './cpu-features.ts';
import { fpuState } from './fpu-state.ts';
import { gpu } from './gpu.ts';
import { hostFiles } from './host-files.ts';
import { imageReadable } from './image-readable.ts';
import { network } from './network.ts';
import { objectGraph } from './object-graph.ts';
import { ociSpec } from './oci-spec.ts';
import { pageSize } from './page-size.ts';
import { pages } from './pages.ts';
import { runscVersion } from './runsc-version.ts';

/** Every gate once, in the order of `GATE_IDS`. */
export const ALL_GATES: readonly Gate[] = [
  imageReadable,
  containerCount,
  containerSpecs,
  runscVersion,
  ociSpec,
  network,
  gpu,
  pageSize,
  cpuArch,
  cpuFeatures,
  cacheLine,
  objectGraph,
  fpuState,
  hostFiles,
  pages,
];
