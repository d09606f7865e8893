/** Use case `inspect`: what is in this image. */

import { cpuidEntryText } from './cpu/cpuid-table.ts';
import { x8664LevelOf } from './cpu/x86-64-level.ts';
import { CkptError } from './errors.ts';
import { containersOf, runscVersionOf, taskFpuStates } from './image-facts.ts';
import {
  type ImageContainer,
  type ImageCpu,
  type ImageMemory,
  type ImageProcess,
  type ImageSummary,
  type InspectDocument,
  SECTIONS,
  type Section,
  type ThreadFpu,
} from './inspect-document.ts';
import { levelOf, type SavedContainer } from './kernel/container-specs.ts';
import type { Limits } from './limits.ts';
import { unlessHost } from './mistaken-host.ts';
import { type OpenedImage, type ReadDepth, readImage } from './read-image.ts';
import { createdAt } from './statefile/metadata.ts';

/** What each section needs to be read. */
const DEPTH: Readonly<Record<Section, ReadDepth>> = {
  summary: 'cpu',
  cpu: 'cpu',
  containers: 'kernel',
  processes: 'kernel',
  memory: 'all',
  integrity: 'all',
  objects: 'kernel',
};

export interface InspectOptions {
  /** Default: all of them. */
  readonly sections?: readonly Section[];
  /** HMAC key of a keyed image. */
  readonly key?: Uint8Array;
  /** Show the values of environment variables, which are hidden by default. */
  readonly showEnv?: boolean;
  readonly limits?: Limits;
}

/**
 * Inspects an image.
 *
 * Reads only as far as the sections need: `summary` and `cpu` stop after the first object graph, and page data is never
 * read. A failure behind the CPU feature set is reported as `damage`, with what could be read.
 *
 * @param path a directory with checkpoint.img, a state file under any name, or `-` for standard input.
 * @throws CkptError when the image cannot be read up to its CPU feature set.
 */
export async function inspect(path: string, options: InspectOptions = {}): Promise<InspectDocument> {
  const sections = new Set(options.sections ?? SECTIONS);
  const depths = [...sections].map((section) => DEPTH[section]);
  const depth = depths.includes('all') ? 'all' : depths.includes('kernel') ? 'kernel' : 'cpu';
  const limits = options.limits === undefined ? {} : { limits: options.limits };
  const image = await readImage(path, { depth, key: options.key ?? null, ...limits }).catch(async (error: unknown) => {
    throw error instanceof CkptError ? await unlessHost(path, error, options.limits) : error;
  });
  const specs = containersOf(image);
  const { damage } = image;
  return {
    schema: 'ckpt/image@1',
    image: summaryOf(image),
    ...(sections.has('summary') ? { metadata: plainMetadata(image) } : {}),
    ...(sections.has('cpu') ? { cpu: cpuOf(image, specs?.containers ?? null) } : {}),
    ...(sections.has('containers')
      ? { containers: specs === null ? null : specs.containers.map((one) => containerOf(one, options.showEnv === true)) }
      : {}),
    ...(sections.has('processes') && image.kernel !== null ? { processes: processesOf(image) } : {}),
    ...(sections.has('memory') && (image.memory !== null || damage === null) ? { memory: memoryOf(image) } : {}),
    ...(sections.has('integrity')
      ? { integrity: { hmac: image.statefile.hmac, keyVerified: image.statefile.keyVerified, complete: damage === null } }
      : {}),
    ...(sections.has('objects') && image.kernel !== null
      ? {
          objects: {
            count: image.kernel.graph.ids.length,
            types: image.kernel.graph.types.length,
            bytes: image.kernel.graph.wire.end,
          },
        }
      : {}),
    damage:
      damage === null
        ? null
        : { code: damage.code, message: damage.message, layer: damage.place.layer, offset: damage.place.offset ?? null },
  };
}

function summaryOf(image: OpenedImage): ImageSummary {
  const { header, compression, framing, hmac, keyVerified } = image.statefile;
  const version = runscVersionOf(image);
  const count = header.metadata.get('container_count');
  const { typesRelease } = image;
  return {
    path: image.path,
    runscVersion: version?.value ?? null,
    runscVersionFrom: version?.from ?? null,
    datedByTypes: typesRelease === null ? null : { first: typesRelease.first, last: typesRelease.last },
    arch: image.cpu.arch,
    createdAt: createdAt(header.metadata),
    compression,
    framing,
    hmac,
    keyVerified,
    containerCount: count !== undefined && /^\d{1,9}$/.test(count) ? Number(count) : null,
    bytes: { statefile: image.statefileBytes, pagesMeta: image.pagesMetaBytes, pages: image.pagesBytes },
  };
}

function plainMetadata(image: OpenedImage): Readonly<Record<string, string>> {
  const entries = [...image.statefile.header.metadata].filter(([key]) => key !== 'container_specs');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function cpuOf(image: OpenedImage, containers: readonly SavedContainer[] | null): ImageCpu {
  const { featureSet: set } = image.cpu;
  const { identity } = set;
  const levelledTo = containers === null ? null : levelOf(containers);
  return {
    arch: set.arch,
    encoding: set.encoding,
    vendor: identity.vendor,
    brand: identity.brand,
    family: identity.family,
    model: identity.model,
    stepping: identity.stepping,
    microarchitecture: identity.microarchitecture,
    level: set.arch === 'amd64' ? x8664LevelOf(set.features) : null,
    features: set.features,
    unnamedFeatures: set.unnamed,
    cacheLine: set.cacheLine,
    caches: identity.caches,
    xcr0: hexOrNull(set.xcr0),
    xsaveSize: identity.xsaveSizes?.maximum ?? null,
    physicalAddressBits: identity.physicalAddressBits,
    virtualAddressBits: identity.virtualAddressBits,
    hwcap: hexOrNull(set.hwcap),
    hwcap2: hexOrNull(set.hwcap2),
    implementer: identity.implementer,
    part: identity.part,
    variant: identity.variant,
    revision: identity.revision,
    levelled: containers === null ? 'unknown' : levelledTo === null ? 'no' : 'yes',
    levelledTo,
    leaves: (set.cpuid?.entries ?? []).map(cpuidEntryText),
  };
}

function containerOf({ name, spec }: SavedContainer, showEnv: boolean): ImageContainer {
  return {
    name,
    args: spec.args,
    cwd: spec.cwd,
    env: showEnv ? spec.env : spec.envNames,
    hostname: spec.hostname,
    rootReadonly: spec.rootReadonly,
    mounts: spec.mounts,
    annotations: Object.fromEntries([...spec.annotations].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function processesOf(image: OpenedImage): ImageProcess[] {
  const threads = image.kernel?.threads ?? [];
  const states = image.kernel?.fpStates ?? [];
  // Both lists are in the order of the graph.
  const byThread = new Map(taskFpuStates(image).map((task, index) => [states[index]?.thread, task.fpu]));
  const processes = new Map<string, { leader: (typeof threads)[number]; tids: number[]; fpu: ThreadFpu[] }>();
  for (const thread of threads) {
    const id = thread.pid === null ? `object ${thread.objectId}` : String(thread.pid);
    const process = processes.get(id) ?? { leader: thread, tids: [], fpu: [] };
    if (thread.tid === thread.pid) process.leader = thread;
    if (thread.tid !== null) process.tids.push(thread.tid);
    processes.set(id, process);
    const fpu = byThread.get(thread);
    if (fpu === undefined) continue;
    process.fpu.push({
      tid: thread.tid,
      name: thread.name,
      xstateBv: hex(fpu.xstateBv),
      components: fpu.components,
      xcompBv: hexOrNull(fpu.xcompBv),
      mxcsr: fpu.mxcsr === null ? null : `0x${fpu.mxcsr.toString(16)}`,
      bytes: fpu.length,
    });
  }
  return [...processes.values()]
    .map(({ leader, tids, fpu }) => ({
      pid: leader.pid,
      tids,
      ppid: leader.ppid,
      name: leader.name,
      container: leader.containerName ?? leader.containerId,
      fpu,
    }))
    .sort((a, b) => (a.pid ?? Number.MAX_SAFE_INTEGER) - (b.pid ?? Number.MAX_SAFE_INTEGER));
}

function memoryOf(image: OpenedImage): ImageMemory | null {
  const layout = image.memory?.layout ?? null;
  if (layout === null) return null;
  const { place, files, committedBytes } = layout;
  return {
    place,
    committedBytes,
    files: files.map((file) => ({ ranges: file.ranges.length, committedBytes: file.committedBytes })),
  };
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function hexOrNull(value: bigint | null): string | null {
  return value === null ? null : hex(value);
}
