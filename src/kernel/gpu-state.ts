/** What an image holds of GPUs and TPUs. */
import { type Graph, typeOf } from '../graph/graph.ts';
import { field, follow, foundNode, integer, type Node } from '../graph/node.ts';

/** State of devices in the kernel graph. */
export interface GpuState {
  /** Version of the NVIDIA driver for which the sandbox was set up (Kernel.NvidiaDriverVersion), or null when it had none or the release saves none. */
  readonly driver: string | null;
  /** Version of the driver whose interface the saved nvproxy speaks, or null when there is none. */
  readonly proxyDriver: string | null;
  /** NVIDIA device files that are open in the sandbox. */
  readonly openGpuFiles: number;
  /** TPU device files that are open in the sandbox. */
  readonly openTpuFiles: number;
}

const NVPROXY = 'pkg/sentry/devices/nvproxy.nvproxy';
const GPU_FILES: ReadonlySet<string> = new Set(['frontendFD', 'uvmFD'].map((name) => `pkg/sentry/devices/nvproxy.${name}`));
const TPU_FILES: ReadonlySet<string> = new Set([
  'pkg/sentry/devices/tpuproxy/vfio.tpuFD',
  'pkg/sentry/devices/tpuproxy/vfio.vfioFD',
  'pkg/sentry/devices/tpuproxy/vfio.pciDeviceFD',
]);

/** The types whose structs must be known to the indexing. */
export function isDeviceType(name: string): boolean {
  return name === NVPROXY || GPU_FILES.has(name) || TPU_FILES.has(name);
}

/**
 * Reads what is saved of GPUs and TPUs.
 *
 * @param kernel the fields of the kernel object.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/devices/nvproxy: nvproxy.version, frontendFD; pkg/sentry/kernel/kernel.go: Kernel.NvidiaDriverVersion
 */
export function readGpuState(graph: Graph, kernel: ReadonlyMap<string, Node>): GpuState {
  let proxyDriver: string | null = null;
  let openGpuFiles = 0;
  let openTpuFiles = 0;
  for (const { typeId, objectId, position } of graph.found) {
    const name = typeOf(graph, typeId)?.name ?? '';
    if (name === NVPROXY) proxyDriver ??= driverVersion(field(foundNode(graph, objectId, position), 'version'));
    if (GPU_FILES.has(name)) openGpuFiles++;
    if (TPU_FILES.has(name)) openTpuFiles++;
  }
  return { driver: driverVersion(kernel.get('NvidiaDriverVersion') ?? null), proxyDriver, openGpuFiles, openTpuFiles };
}

/** `550.54.15` as runsc prints it, or null for none. */
function driverVersion(node: Node | null): string | null {
  const version = node === null ? null : follow(node);
  if (version === null) return null;
  const [major, minor, patch] = ['major', 'minor', 'patch'].map((name) => integer(field(version, name)));
  if (major === 0n) return null;
  return [major, minor, patch].map((part) => String(part).padStart(2, '0')).join('.');
}
