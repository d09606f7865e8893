/** The sections of an inspection that come out of the kernel graph. */
import type { Arch } from '../cpu/feature.ts';
import type { CkptError } from '../errors.ts';
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { type ProcessFiles, readDescriptors } from '../kernel/files/descriptors.ts';
import { readKernelFacts } from '../kernel/kernel-facts.ts';
import { memoryCgroupPaths } from '../kernel/memory/memory-cgroups.ts';
import { type ProcessMemory, readProcessMemory } from '../kernel/memory/process-memory.ts';
import { readNetworkNamespaces } from '../kernel/network/network-stack.ts';
import type { SavedSocket } from '../kernel/network/saved-socket.ts';
import { socketHolders } from '../kernel/network/socket-holders.ts';
import { readSockets } from '../kernel/network/sockets.ts';
import type { SavedKernel } from '../kernel/saved-kernel.ts';
import { readProcesses, type SavedProcess } from '../kernel/tasks/processes.ts';
import { kernelFields, type SavedThread } from '../kernel/threads.ts';
import type { Limits } from '../limits.ts';
import type { MemoryCapture, MemoryRequest } from '../pages/memory-capture.ts';
import type { MemoryLayout } from '../pages/step-over-memory.ts';
import type { Incomplete, InspectDocument, Section, Unavailable } from './document.ts';
import { fileDocuments } from './files.ts';
import { kernelDocument } from './kernel-facts.ts';
import { mapsDocument } from './maps.ts';
import { memoryDocument } from './memory.ts';
import { mountDocuments } from './mounts.ts';
import { networkDocument } from './network.ts';
import type { ProcessPlaces } from './process-document.ts';
import { type ProcessStrings, processStrings, stringRequests } from './process-strings.ts';
import { processDocuments } from './processes.ts';
import { socketDocuments } from './sockets.ts';
import { threadDocuments } from './threads.ts';

/** Which processes are wanted. */
export type ProcessFilter = (process: SavedThread) => boolean;

export interface KernelSectionOptions {
  readonly arch: Arch;
  /** Header metadata `network`, or null. */
  readonly networkMode: string | null;
  /** Date (YYYYMMDD) of the runsc that wrote the image, or null. */
  readonly date: number | null;
  readonly showEnv: boolean;
  readonly only: ProcessFilter;
  readonly limits: Limits;
}

/** What the sections share: each part is read when the first of them asks for it. */
interface KernelReading {
  readonly kernel: SavedKernel;
  readonly memory: ReadMemory;
  readonly options: KernelSectionOptions;
  readonly found: FoundParts;
  readonly processes: () => readonly SavedProcess[];
  readonly files: () => readonly ProcessFiles[];
  readonly memories: () => readonly ProcessMemory[];
  /** Null when the table of sockets cannot be read. */
  readonly sockets: () => readonly SavedSocket[] | null;
}

/** What is told beside the sections themselves. */
export interface FoundParts {
  readonly incomplete: Incomplete[];
  readonly unavailable: Unavailable[];
}

/** The most parts that are named as unreadable; of more, that there are more. */
const MOST_INCOMPLETE = 1000;

/** The bytes of saved memory that the processes' arguments and environments lie in, and the address spaces that say so. */
export function wantedStrings(
  kernel: SavedKernel,
  limits: Limits,
  found: FoundParts,
): { readonly memories: readonly ProcessMemory[]; readonly requests: readonly MemoryRequest[] } {
  const note = noteFor(found, 'processes');
  const memories = readProcessMemory(kernel, note);
  return { memories, requests: stringRequests(memories, limits.argumentBytes, note) };
}

const WITHOUT_PAGES = 'Arguments and environment lie in the saved memory, whose pages are in a file that is not here (pages.img)';
const PAGES_UNREAD = 'Arguments and environment lie in the saved memory, whose pages could not be read to their end';

function missingPages({ pagesGiven, pagesGone }: ReadMemory): string {
  if (pagesGone !== null) return `Arguments and environment lie in the saved memory; ${pagesGone.message}`;
  return pagesGiven ? PAGES_UNREAD : WITHOUT_PAGES;
}

/** What was read of the saved memory; null for what was not, or is in files that were not given. */
export interface ReadMemory {
  readonly layout: MemoryLayout | null;
  readonly captured: MemoryCapture | null;
  /** The pages are not in a file that is missing: what is not there of them is cut off or damaged. */
  readonly pagesGiven: boolean;
  /** Why the pages could not be had although they are there, or null. */
  readonly pagesGone: CkptError | null;
  /** Address spaces, when they were needed before; null: not yet read. */
  readonly memories: readonly ProcessMemory[] | null;
}

type Sections = Partial<InspectDocument>;

/** Sections of the kernel graph, each by its reader. */
const READERS = {
  processes: (reading, note) => ({ processes: processesOf(reading, note) }),
  threads: (reading) => ({ threads: threadDocuments(wantedProcesses(reading), fpStates(reading)) }),
  memory: (reading, note) => ({ memory: memoryOf(reading, note) }),
  maps: (reading, note) => {
    const { memory, options } = reading;
    return { maps: mapsDocument(wantedMemories(reading), memory.layout, options.limits.elements, note) };
  },
  files: ({ kernel, options, files, sockets }, note) => {
    const { arch, only } = options;
    return { files: fileDocuments(kernel, { arch, only, processes: files(), sockets: sockets() ?? [] }, note) };
  },
  sockets: (reading) => {
    const sockets = reading.sockets();
    return sockets === null ? {} : { sockets: socketsOf(sockets, reading) };
  },
  mounts: ({ kernel, options }, note) => ({ mounts: mountDocuments(kernel, note, options.only) }),
  network: (reading, note) => ({ network: networkOf(reading, note) }),
  objects: ({ kernel: { graph } }) => ({
    objects: { count: graph.ids.length, types: graph.types.length, bytes: graph.wire.end },
  }),
} as const satisfies Partial<Record<Section, (reading: KernelReading, note: OnDamage) => Sections>>;

/** Sections that need the kernel graph. */
export type KernelSection = keyof typeof READERS;

/** Whether a section comes out of the kernel graph. */
export function isKernelSection(section: Section): section is KernelSection {
  return Object.hasOwn(READERS, section);
}

/** The asked sections. One that cannot be read is left out, with a note in `found`; defects pass through. */
export function readKernelSections(
  kernel: SavedKernel,
  memory: ReadMemory,
  sections: ReadonlySet<Section>,
  options: KernelSectionOptions,
  found: FoundParts,
): Sections {
  const reading = beginReading(kernel, memory, sections, options, found);
  const wanted = [...sections].filter(isKernelSection);
  const document: Record<string, unknown> = {};
  if (wanted.some((section) => section !== 'objects')) {
    const facts = attempt(() => readKernelFacts(kernelFields(kernel.graph)), noteFor(found, 'summary'));
    if (facts !== null) document['kernel'] = kernelDocument(facts, reading.processes());
  }
  for (const section of wanted) {
    const note = noteFor(found, section);
    Object.assign(
      document,
      attempt<Sections>(() => READERS[section](reading, note), note),
    );
  }
  return document;
}

function beginReading(
  kernel: SavedKernel,
  memory: ReadMemory,
  sections: ReadonlySet<Section>,
  options: KernelSectionOptions,
  found: FoundParts,
): KernelReading {
  const { graph, threads } = kernel;
  // For processes their places are enough.
  const depth = (['files', 'sockets', 'network'] as const).some((section) => sections.has(section)) ? 'all' : 'places';
  const files = once(() => readDescriptors(kernel, noteFor(found, 'files'), depth));
  return {
    kernel,
    memory,
    options,
    found,
    processes: once(() => {
      const note = noteFor(found, 'processes');
      return attempt(() => readProcesses(graph, threads, kernelFields(graph), note), note) ?? [];
    }),
    files,
    memories: once(() => memory.memories ?? readProcessMemory(kernel, noteFor(found, 'memory'))),
    sockets: once(() => {
      const note = noteFor(found, 'sockets');
      return attempt(() => readSockets(graph, socketHolders(files()), note), note);
    }),
  };
}

function processesOf(reading: KernelReading, note: OnDamage) {
  const { found, options, memory } = reading;
  const { argumentBytes } = options.limits;
  const strings = processStrings(reading.memories(), memory.captured, { argumentBytes, showEnv: options.showEnv }, note);
  if ([...strings.values()].some(({ argvMissing }) => argvMissing === 'pages-not-given'))
    found.unavailable.push({ section: 'processes', reason: missingPages(memory) });
  const files = new Map(reading.files().flatMap((one) => (one.thread === null ? [[one.process.pid, one] as const] : [])));
  return processDocuments(wantedProcesses(reading), fpStates(reading), ({ pid }) =>
    placesOf(pid === null ? undefined : strings.get(pid), files.get(pid)),
  );
}

function placesOf(strings: ProcessStrings | undefined, files: ProcessFiles | undefined): ProcessPlaces {
  return {
    argv: strings?.argv ?? null,
    env: strings?.env ?? null,
    exe: files?.exePath?.text ?? null,
    cwd: files?.cwdPath?.text ?? null,
    root: files?.rootPath?.text ?? null,
  };
}

function memoryOf(reading: KernelReading, note: OnDamage) {
  const { kernel, options, memory } = reading;
  const { layout } = memory;
  if (layout === null) return null;
  const paths = memoryCgroupPaths(kernel, note);
  return memoryDocument(layout, wantedMemories(reading), paths, options.limits.elements, note);
}

function socketsOf(sockets: readonly SavedSocket[], reading: KernelReading) {
  const wanted = wantedIds(reading);
  if (wanted === null) return socketDocuments(sockets, reading.options.date);
  const held = sockets.filter((socket) => socket.holders.some(({ pid }) => wanted.has(pid)));
  const ids = new Set(held.map(({ objectId }) => objectId));
  // A connection that waits to be accepted belongs to whoever listens.
  const shown = sockets.filter(({ objectId, listener }) => ids.has(objectId) || (listener !== null && ids.has(listener)));
  return socketDocuments(sockets, reading.options.date, shown);
}

function networkOf(reading: KernelReading, note: OnDamage) {
  const { kernel, options } = reading;
  const tasks = kernel.threads.filter(({ tid }) => tid !== null).map(({ objectId }) => objectId);
  const others = (reading.sockets() ?? []).flatMap(({ namespace }) => (namespace === null ? [] : [namespace]));
  return networkDocument(readNetworkNamespaces(kernel.graph, tasks, others, note), options.networkMode);
}

function wantedProcesses({ processes, options }: KernelReading): readonly SavedProcess[] {
  return processes().filter(({ leader }) => options.only(leader.thread));
}

/** Ids of the wanted processes; null when all are. */
function wantedIds({ kernel, options }: KernelReading): ReadonlySet<number | null> | null {
  const ids = new Set(kernel.threads.filter(options.only).map(({ pid }) => pid));
  return kernel.threads.every(options.only) ? null : ids;
}

function wantedMemories(reading: KernelReading): readonly ProcessMemory[] {
  const wanted = wantedIds(reading);
  return wanted === null ? reading.memories() : reading.memories().filter(({ pid }) => wanted.has(pid));
}

/** runsc checks no floating-point states on arm64, and their layout is another one. */
function fpStates({ kernel, options }: KernelReading): SavedKernel['fpStates'] {
  return options.arch === 'amd64' ? kernel.fpStates : [];
}

function noteFor({ incomplete }: FoundParts, section: Section): OnDamage {
  return ({ code, message, place }) => {
    if (incomplete.length < MOST_INCOMPLETE) incomplete.push({ section, code, message, path: place.path ?? null });
    else if (incomplete.length === MOST_INCOMPLETE)
      incomplete.push({ section, code: 'over-limit', message: 'More parts could not be read; they are not named', path: null });
  };
}

function once<T>(read: () => T): () => T {
  let value: { readonly read: T } | null = null;
  return () => {
    value ??= { read: read() };
    return value.read;
  };
}
