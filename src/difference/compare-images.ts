/** Everything that differs between two inspections, section by section. */
import type { ImageCpu, InspectDocument } from '../inspection/document.ts';
import { compareFiles, compareSockets } from './compare-files.ts';
import { compareJson, type ListKeys, sideOf } from './compare-json.ts';
import { compareLists, pairByKey } from './compare-lists.ts';
import { compareProcesses, type ProcessPairs, pairProcesses, processName } from './compare-processes.ts';
import { compareSpecs, type NamedSpec } from './compare-specs.ts';
import { isCountedType } from './counted-types.ts';
import type { Compared, Difference, SideValue } from './difference.ts';

/** What is compared of one image. */
export interface ComparedImage {
  readonly document: InspectDocument;
  /** The saved OCI specs; null when the image has none. */
  readonly specs: readonly NamedSpec[] | null;
  /** Objects by type; null when the kernel graph could not be read. */
  readonly types: ReadonlyMap<string, number> | null;
}

/** Metadata that differs between any two checkpoints, or is compared elsewhere. */
const OTHER_METADATA: ReadonlySet<string> = new Set([
  '_timestamp',
  'timestamp',
  'cpu_usage',
  'gvisor_cpu_usage',
  'gvisor_wall_time',
  'runsc_version',
  'compression',
  'container_count',
]);

/**
 * The differences, in the order of {@link Compared}.
 *
 * Times, addresses, object ids, numbers of inodes, registers and the order of maps are no differences.
 */
export function compareImages(a: ComparedImage, b: ComparedImage, showEnv: boolean): Difference[] {
  const [left, right] = [a.document, b.document];
  // What was read of one side only is not compared.
  const both = <T>(of: (document: InspectDocument) => readonly T[] | undefined): readonly [readonly T[], readonly T[]] => {
    const [inA, inB] = [of(left), of(right)];
    return inA === undefined || inB === undefined ? [[], []] : [inA, inB];
  };
  const processes = pairProcesses(...both((document) => document.processes));
  return [
    ...compareFacts('image', imageFacts(left), imageFacts(right)),
    ...compareFacts('metadata', metadataFacts(left), metadataFacts(right)),
    ...(left.cpu === undefined || right.cpu === undefined ? [] : compareCpus(left.cpu, right.cpu)),
    ...(a.specs === null || b.specs === null ? [] : compareSpecs(a.specs, b.specs, showEnv)),
    ...compareProcesses(processes),
    ...compareFiles(...both(({ files }) => files), processes),
    ...compareMounts(...both(({ mounts }) => mounts)),
    ...compareSockets(...both(({ sockets }) => sockets), processes),
    ...compareNetworks(left, right),
    ...(left.memory == null || right.memory == null ? [] : compareMemories(left.memory, right.memory, processes)),
    ...(a.types === null || b.types === null
      ? []
      : compareFacts('objects', ...countedTypes(a.types, b.types, sameRelease(left, right)))),
  ];
}

/** By name; what is undefined is not known. */
type Facts = ReadonlyMap<string, SideValue | undefined>;

/** Whether the same runsc wrote both, as far as the images say. */
function sameRelease({ image: a }: InspectDocument, { image: b }: InspectDocument): boolean {
  const release = ({ runscVersion, datedByTypes }: InspectDocument['image']) => runscVersion ?? datedByTypes?.last ?? null;
  return release(a) === release(b);
}

/** The counts that are compared. Types come and go with releases, so that of two of them only what both have says something. */
function countedTypes(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
  same: boolean,
): [ReadonlyMap<string, number>, ReadonlyMap<string, number>] {
  const counted = (of: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) =>
    new Map([...of].filter(([type]) => isCountedType(type) && (same || other.has(type))).sort(([x], [y]) => (x < y ? -1 : 1)));
  return [counted(a, b), counted(b, a)];
}

function compareFacts(section: Compared, a: Facts, b: Facts): Difference[] {
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const facts = (of: Facts) => names.filter((name) => of.has(name)).map((name) => ({ name, value: of.get(name) }));
  return compareLists(facts(a), facts(b), {
    section,
    key: ({ name }) => name,
    subject: ({ name }) => name,
    shown: ({ value }) => value ?? null,
    fields: { value: ({ value }) => value },
  });
}

/** How a body is framed follows from compression and release. */
function imageFacts({ image, memory, kernel }: InspectDocument): Facts {
  const { runscVersion, datedByTypes, arch, compression, hmac, containerCount } = image;
  return new Map<string, SideValue | undefined>([
    ['runsc version', runscVersion ?? (datedByTypes === null ? undefined : `${datedByTypes.first} by its types`)],
    ['architecture', arch],
    ['compression', compression],
    ['header HMAC', hmac],
    ['containers', containerCount ?? undefined],
    ['pages', memory?.place],
    ['host name', kernel?.hostname ?? undefined],
    ['application cores', kernel?.applicationCores ?? undefined],
  ]);
}

function metadataFacts({ metadata }: InspectDocument): Facts {
  return new Map(Object.entries(metadata ?? {}).filter(([name]) => !OTHER_METADATA.has(name)));
}

/** Facts of a CPU that are lists or come with the features. */
function compareCpus(a: ImageCpu, b: ImageCpu): Difference[] {
  const { features: inA } = a;
  const { features: inB } = b;
  const has = { a: new Set(inA), b: new Set(inB) };
  const only = (change: 'removed' | 'added', names: readonly string[]): Difference[] =>
    names.length === 0
      ? []
      : [
          {
            section: 'cpu',
            change,
            subject: 'features',
            field: null,
            a: change === 'removed' ? names : null,
            b: change === 'added' ? names : null,
          },
        ];
  return [
    ...only(
      'removed',
      inA.filter((name) => !has.b.has(name)),
    ),
    ...only(
      'added',
      inB.filter((name) => !has.a.has(name)),
    ),
    ...compareFacts('cpu', cpuFacts(a), cpuFacts(b)),
  ];
}

/**
 * What is left of a CPU without its features. What a level lists is in the features and in the annotation; how features are encoded
 * follows from the release.
 */
function cpuFacts(cpu: ImageCpu): Facts {
  const { features: _, unnamedFeatures: __, leaves: ___, caches: ____, levelledTo: _____, encoding: ______, ...facts } = cpu;
  const known = (value: SideValue) => (value === null || value === 'unknown' ? undefined : value);
  return new Map(Object.entries(facts).map(([name, value]) => [CPU_WORDS[name] ?? name, known(value)]));
}

/** Names of fields in the words of `inspect`. */
const CPU_WORDS: Readonly<Record<string, string>> = {
  level: 'x86-64 level',
  hwcap: 'AT_HWCAP',
  hwcap2: 'AT_HWCAP2',
  microarchitecture: 'generation',
  cacheLine: 'cache line',
  xcr0: 'XCR0',
  xsaveSize: 'XSAVE area',
  physicalAddressBits: 'physical address bits',
  virtualAddressBits: 'virtual address bits',
};

function compareMounts(a: NonNullable<InspectDocument['mounts']>, b: NonNullable<InspectDocument['mounts']>): Difference[] {
  return compareLists(a, b, {
    section: 'mounts',
    key: ({ container, path }) => JSON.stringify([container, path]),
    subject: ({ container, path }) => `${path} of ${container}`,
    shown: ({ type }) => type,
    fields: {
      type: ({ type }) => type ?? undefined,
      root: ({ root }) => root,
      flags: ({ flags }) => flags,
      // Those of a gofer and of an overlay name descriptors and layers of that sandbox.
      'file system options': ({ type, superOptions }) =>
        type === '9p' || type === 'overlay' ? undefined : (superOptions ?? undefined),
    },
  });
}

/** What identifies an item of the lists of a network stack. */
const STACK_KEYS: ListKeys = {
  interfaces: (item) => String((item as { readonly name?: unknown }).name),
  routes: (item) => String((item as { readonly destination?: unknown }).destination),
};

type Network = NonNullable<InspectDocument['network']>;

/** Network namespaces one after another. The mode is in the metadata; what an image does not say of a stack is no difference. */
function compareNetworks({ network: a }: InspectDocument, { network: b }: InspectDocument): Difference[] {
  if (a === undefined || b === undefined) return [];
  const name = ({ root }: Network['namespaces'][number]) => (root ? 'root namespace' : 'other namespace');
  return pairByKey(a.namespaces, b.namespaces, name).flatMap(({ a: left, b: right }): Difference[] => {
    const section = 'network' as const;
    const only = left ?? right;
    if (only === null) return [];
    const subject = name(only);
    if (left === null || right === null)
      return [{ section, change: left === null ? 'added' : 'removed', subject, field: null, a: null, b: null }];
    const abstract = (of: typeof left) => of.abstractNames ?? undefined;
    const names = compareFacts(
      section,
      new Map([[`${subject}: abstract names`, abstract(left)]]),
      new Map([[`${subject}: abstract names`, abstract(right)]]),
    );
    const stacks = compareJson(left.stack, right.stack, STACK_KEYS)
      .filter((one) => one.a != null && one.b != null)
      .map(
        (one): Difference => ({
          section,
          change: 'changed',
          subject,
          field: one.path,
          a: sideOf(one.a),
          b: sideOf(one.b),
        }),
      );
    return [...names, ...stacks];
  });
}

/** Smaller changes of the memory of a process do not count: it is a few pages more a minute later. */
const PROCESS_STEP = 1024 * 1024;

type Memory = NonNullable<InspectDocument['memory']>;

/** Of processes what of their memory is saved: how much more is resident, gVisor decides from moment to moment. */
function compareMemories(a: Memory, b: Memory, { pairs }: ProcessPairs): Difference[] {
  const own = [a, b].map(({ processes }) => new Map(processes.map((process) => [process.pid, process.saved])));
  const grown = pairs.flatMap((pair): Difference[] => {
    const [left, right] = [own[0]?.get(pair.a?.pid ?? 0), own[1]?.get(pair.b?.pid ?? 0)];
    if (pair.a === null || left == null || right == null || Math.abs(left - right) < PROCESS_STEP) return [];
    return [{ section: 'memory', change: 'changed', subject: processName(pair.a), field: 'saved', a: left, b: right }];
  });
  return [...compareFacts('memory', memoryFacts(a), memoryFacts(b)), ...grown];
}

/** The sum, what it is used for, and the files of file systems; the rest is in the main file. */
function memoryFacts({ committedBytes, files, kinds }: Memory): Facts {
  return new Map<string, SideValue>([
    ['saved bytes', committedBytes],
    ...kinds.map((kind): [string, number] => [kind.kind, kind.committedBytes]),
    ...files.slice(1).map((file, index): [string, number] => [`memory file of ${file.owner ?? index + 1}`, file.committedBytes]),
  ]);
}
