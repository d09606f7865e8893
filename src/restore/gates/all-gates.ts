/** The gates, in the order in which results list them. */
import type { Gate } from '../gate.ts';
import { cacheLine } from './cache-line.ts';
import { containerCount } from './container-count.ts';
import { containerSpecs } from './container-specs.ts';
import { cpuArch } from './cpu-arch.ts';
import { cpuFeatures } from './cpu-features.ts';
import { fpuState } from './fpu-state.ts';
import { imageReadable } from './image-readable.ts';
import { gpu, hostFiles, network, ociSpec } from './not-looked-at.ts';
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
  fpuState,
  hostFiles,
  pages,
];
