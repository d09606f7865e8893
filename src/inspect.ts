/** Use case `inspect`: what is in this image. */

import type { CacheDescription } from './cpu/caches.ts';
import type { Arch } from './cpu/feature.ts';
import { type X8664Level, x8664LevelOf } from './cpu/x86-64-level.ts';
import { containersOf, runscVersionOf, taskFpuStates } from './image-facts.ts';
import { levelOf, type SavedContainer } from './kernel/container-specs.ts';
import type { Limits } from './limits.ts';
import { type OpenedImage, type ReadDepth, readImage } from './read-image.ts';
import type { BodyFraming, HeaderHmac } from './restore/image-facts.ts';
import { createdAt } from './statefile/metadata.ts';

/** The parts of an inspection, in the order in which they are shown. */
export const SECTIONS = ['summary', 'cpu', 'containers', 'processes', 'memory', 'integrity', 'objects'] as const;
export type Section = (typeof SECTIONS)[number];

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

/** What could not be read, and where. */
export interface Damage {
  readonly code: string;
  readonly message: string;
  readonly layer: string;
  readonly offset: number | null;
}

/** Section `summary`. */
export interface ImageSummary {
  readonly path: string;
  readonly runscVersion: string | null;
  /** Where the version is: in the header, in the kernel graph (2024-10-28 to 2025-03-12), or nowhere. */
  readonly runscVersionFrom: 'header' | 'kernel' | null;
  /** Releases whose saved types equal the image's best, when no version is named and the kernel graph was read. */
  readonly datedByTypes: { readonly first: string; readonly last: string } | null;
  readonly arch: Arch;
  readonly createdAt: string | null;
  readonly compression: 'none' | 'flate-best-speed';
  readonly framing: BodyFraming;
  readonly hmac: HeaderHmac;
  /** The caller's key fits. */
  readonly keyVerified: boolean;
  readonly containerCount: number | null;
  /** Sizes in bytes; null for a file that the image does not have. */
  readonly bytes: { readonly statefile: number | null; readonly pagesMeta: number | null; readonly pages: number | null };
}

/** Section `cpu`. Masks and registers are hexadecimal strings. */
export interface ImageCpu {
  readonly arch: Arch;
  readonly encoding: string;
  readonly vendor: string | null;
  readonly brand: string | null;
  readonly family: number | null;
  readonly model: number | null;
  readonly stepping: number | null;
  readonly microarchitecture: string | null;
  /** x86-64 level that the features reach (0: below v1); null on arm64. */
  readonly level: X8664Level | null;
  /** gVisor names in feature-number order. */
  readonly features: readonly string[];
  /** Feature numbers without a name (images before 2022-01 only). */
  readonly unnamedFeatures: readonly number[];
  readonly cacheLine: number | null;
  readonly caches: readonly CacheDescription[];
  readonly xcr0: string | null;
  readonly xsaveSize: number | null;
  readonly physicalAddressBits: number | null;
  readonly virtualAddressBits: number | null;
  readonly hwcap: string | null;
  readonly hwcap2: string | null;
  /** MIDR fields (arm64). */
  readonly implementer: number | null;
  readonly part: number | null;
  readonly variant: number | null;
  readonly revision: number | null;
  /** Whether the sandbox was limited by the annotation dev.gvisor.internal.cpufeatures; `unknown` without specs. */
  readonly levelled: 'yes' | 'no' | 'unknown';
  readonly levelledTo: readonly string[] | null;
  /** Saved CPUID answers as `[leaf, subleaf, eax, ebx, ecx, edx]`. */
  readonly leaves: readonly (readonly string[])[];
}

export interface ImageContainer {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string | null;
  /** `NAME` or, when asked for, `NAME=value`. */
  readonly env: readonly string[];
  readonly hostname: string | null;
  readonly rootReadonly: boolean | null;
  readonly mounts: readonly { readonly destination: string; readonly type: string | null }[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** One thread's floating-point state (amd64). */
export interface ThreadFpu {
  readonly tid: number | null;
  readonly name: string | null;
  readonly xstateBv: string;
  /** Components in use, by name. */
  readonly components: readonly string[];
  readonly xcompBv: string | null;
  readonly mxcsr: string | null;
  readonly bytes: number;
}

export interface ImageProcess {
  /** Process id in the root PID namespace; null for the threads that are in none any more. */
  readonly pid: number | null;
  readonly tids: readonly number[];
  readonly ppid: number | null;
  readonly name: string;
  readonly container: string | null;
  readonly fpu: readonly ThreadFpu[];
}

export interface ImageMemory {
  /** Where the pages are. */
  readonly place: 'inline' | 'separate';
  readonly committedBytes: number;
  /** The main memory file first. */
  readonly files: readonly { readonly ranges: number; readonly committedBytes: number }[];
}

/** The result of `inspect`. A section that was not asked for, or could not be read, is absent. */
export interface InspectDocument {
  readonly schema: 'ckpt/image@1';
  readonly image: ImageSummary;
  /** Header metadata; `container_specs` is in `containers`. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cpu?: ImageCpu;
  readonly containers?: readonly ImageContainer[] | null;
  readonly processes?: readonly ImageProcess[];
  readonly memory?: ImageMemory | null;
  readonly integrity?: { readonly hmac: HeaderHmac; readonly keyVerified: boolean; readonly complete: boolean };
  readonly objects?: { readonly count: number; readonly types: number; readonly bytes: number };
  /** What stopped the reading; null when everything that was asked for was read. */
  readonly damage: Damage | null;
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
  const image = await readImage(path, {
    depth,
    key: options.key ?? null,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
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
    leaves: (set.cpuid?.entries ?? []).map((entry) => entry.map((word) => `0x${word.toString(16).padStart(8, '0')}`)),
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
  const byPath = new Map(taskFpuStates(image).map((task) => [task.path, task]));
  const threads = image.kernel?.threads ?? [];
  const processes = new Map<string, { leader: (typeof threads)[number]; tids: number[]; fpu: ThreadFpu[] }>();
  for (const thread of threads) {
    const id = thread.pid === null ? `object ${thread.objectId}` : String(thread.pid);
    const process = processes.get(id) ?? { leader: thread, tids: [], fpu: [] };
    if (thread.tid === thread.pid) process.leader = thread;
    if (thread.tid !== null) process.tids.push(thread.tid);
    processes.set(id, process);
    const state = image.kernel?.fpStates.find((candidate) => candidate.thread === thread);
    const saved = state === undefined ? undefined : byPath.get(state.path);
    if (saved === undefined) continue;
    process.fpu.push({
      tid: thread.tid,
      name: thread.name,
      xstateBv: hex(saved.fpu.xstateBv),
      components: saved.fpu.components,
      xcompBv: hexOrNull(saved.fpu.xcompBv),
      mxcsr: saved.fpu.mxcsr === null ? null : `0x${saved.fpu.mxcsr.toString(16)}`,
      bytes: saved.fpu.length,
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
  if (image.memory === null) return null;
  const { place, files, committedBytes } = image.memory;
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
