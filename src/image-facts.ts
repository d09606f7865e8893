/** From a decoded image to the facts that the gates need. */

import { decodeFpuState } from './cpu/xsave.ts';
import { CkptError } from './errors.ts';
import { memoryApart } from './filesystem/memory-apart.ts';
import { hostFiles } from './host-files.ts';
import { levelOf, parseContainerSpecs, type SavedContainer } from './kernel/container-specs.ts';
import { type GpuState, readGpuState } from './kernel/gpu-state.ts';
import { kernelFields } from './kernel/threads.ts';
import { readSavedSpecs } from './oci/read-spec.ts';
import type { GivenTree } from './open-trees.ts';
import type { MemoryLayout } from './pages/step-over-memory.ts';
import type { OpenedImage } from './read-image.ts';
import type { SavedMemory } from './read-memory.ts';
import type { PartialFacts } from './restore/evaluate.ts';
import type { ImageFacts, SavedSpecs, TaskFpu } from './restore/image-facts.ts';
import type { RawHeader } from './statefile/header.ts';
import { createdAt } from './statefile/metadata.ts';

/** The saved OCI specs, from the header or (2024-09 to 2025-04) the kernel graph; null when the image has none. */
export function containersOf(
  image: OpenedImage,
): { readonly from: 'header' | 'kernel'; readonly containers: readonly SavedContainer[] } | null {
  const inHeader = image.statefile.header.metadata.get('container_specs');
  if (inHeader !== undefined) return { from: 'header', containers: parseContainerSpecs(inHeader) };
  const inKernel = image.kernel?.settings.containerSpecs ?? null;
  return inKernel === null ? null : { from: 'kernel', containers: parseContainerSpecs(inKernel) };
}

/** The runsc version that the image names, and where. */
export function runscVersionOf(image: OpenedImage): ImageFacts['runscVersion'] {
  const inHeader = image.statefile.header.metadata.get('runsc_version');
  if (inHeader !== undefined) return { value: inHeader, from: 'header' };
  const inKernel = image.kernel?.settings.runscVersion ?? null;
  return inKernel === null ? null : { value: inKernel, from: 'kernel' };
}

/** The floating-point states with whose they are; none on arm64, where runsc does not check them. */
export function taskFpuStates(image: OpenedImage): TaskFpu[] {
  if (image.cpu.arch !== 'amd64') return [];
  return (image.kernel?.fpStates ?? []).map(({ thread, path, bytes }) => ({
    tid: thread?.tid ?? null,
    pid: thread?.pid ?? null,
    name: thread?.name ?? null,
    container: thread?.containerName ?? thread?.containerId ?? null,
    path,
    fpu: decodeFpuState(bytes ?? new Uint8Array(0)),
  }));
}

/** Everything the gates ask of an image, as far as it was read: without the kernel graph, nothing is said of its threads. */
export function imageFacts(image: OpenedImage, trees: readonly GivenTree[] = []): PartialFacts {
  const { header, hmac, keyVerified, framing, compression } = image.statefile;
  const specs = savedSpecs(image);
  return {
    path: image.path,
    files: { bare: image.bare, ...image.files },
    ...(image.memory === null ? {} : { pages: pagesOf(image.memory, image) }),
    metadata: header.metadata,
    headerHmac: hmac,
    keyVerified,
    framing,
    compression,
    compressionNamed: header.compressionNamed,
    createdAt: createdAt(header.metadata),
    arch: image.cpu.arch,
    featureSetFields: image.cpu.declaredFields,
    cpu: image.cpu.featureSet,
    runscVersion: runscVersionOf(image),
    typesRelease: image.typesRelease,
    containerSpecsFrom: specs?.from ?? null,
    ...comparableSpecs(image),
    levelledTo: specs === null ? undefined : levelOf(specs.containers),
    privateMemoryLost: image.kernel?.privateMemoryLost ?? false,
    ...(image.kernel === null
      ? {}
      : { tasks: taskFpuStates(image), ...devices(image.kernel), hostFiles: hostFiles(image.kernel, trees) }),
  };
}

/** What the header alone says; of what it does not say, nothing is known. */
export function headerFacts(path: string, header: RawHeader): PartialFacts {
  const { metadata, compressionNamed } = header;
  const version = metadata.get('runsc_version');
  const specs = metadata.get('container_specs');
  const compression = metadata.get('compression') || 'flate-best-speed';
  return {
    path,
    metadata,
    compressionNamed,
    createdAt: createdAt(metadata),
    ...(compression === 'none' || compression === 'flate-best-speed' ? { compression } : {}),
    ...(version === undefined ? {} : { runscVersion: { value: version, from: 'header' as const }, typesRelease: null }),
    ...(specs === undefined ? {} : { containerSpecsFrom: 'header' as const, containerSpecs: decodedSpecs(specs) }),
  };
}

function pagesOf({ place, layout, inState }: SavedMemory, { kernel, pagesBytes }: OpenedImage): ImageFacts['pages'] {
  const apart = kernel === null || layout === null ? [] : filesApart(kernel, layout);
  const required = layout?.committedBytes ?? null;
  return { place, required, present: pagesBytes, inState, ...(apart.length === 0 ? {} : { apart }) };
}

/** Owners of the memory that a split checkpoint keeps in its folder fs/; none when that part of the graph is damaged. */
function filesApart({ graph }: NonNullable<OpenedImage['kernel']>, layout: MemoryLayout): readonly string[] {
  try {
    return memoryApart(graph, layout);
  } catch (error) {
    if (error instanceof CkptError) return [];
    throw error;
  }
}

/** The specs as runsc compares them; where they may lie in a kernel graph that was not read, nothing is said of them. */
function comparableSpecs({ statefile, kernel }: OpenedImage): { readonly containerSpecs?: SavedSpecs } {
  const text = statefile.header.metadata.get('container_specs') ?? kernel?.settings.containerSpecs;
  if (text !== undefined && text !== null) return { containerSpecs: decodedSpecs(text) };
  return kernel === null ? {} : { containerSpecs: { kind: 'none' } };
}

function decodedSpecs(text: string): SavedSpecs {
  try {
    return { kind: 'specs', byName: readSavedSpecs(text) };
  } catch (error) {
    if (error instanceof CkptError)
      return { kind: 'unreadable', why: `expected ${error.facts.expected}, found ${error.facts.found}` };
    throw error;
  }
}

/** GPUs and TPUs; nothing is said of them when that part of the graph is damaged. */
function devices({ graph }: NonNullable<OpenedImage['kernel']>): { readonly gpu?: GpuState } {
  try {
    return { gpu: readGpuState(graph, kernelFields(graph)) };
  } catch (error) {
    if (error instanceof CkptError) return {};
    throw error;
  }
}

/** Specs that cannot be parsed do not stop the other gates: the gate that needs them reads the metadata itself. */
function savedSpecs(image: OpenedImage): ReturnType<typeof containersOf> {
  try {
    return containersOf(image);
  } catch (error) {
    if (error instanceof CkptError) return null;
    throw error;
  }
}
