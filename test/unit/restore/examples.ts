/** Hand-made images and hosts for the tests of the gates. */
import type { Arch } from '../../../src/cpu/feature.ts';
import { featuresOf } from '../../../src/cpu/feature-names.ts';
import type { FeatureSet } from '../../../src/cpu/feature-set.ts';
import { type CpuIdentity, UNKNOWN_IDENTITY } from '../../../src/cpu/identity.ts';
import { componentNames, type FpuState } from '../../../src/cpu/xsave.ts';
import type { Fact, Host } from '../../../src/host/host.ts';
import type { GoferFile } from '../../../src/kernel/files/gofer-files.ts';
import type { GpuState } from '../../../src/kernel/gpu-state.ts';
import type { SocketNeed } from '../../../src/kernel/network/socket-needs.ts';
import type { GoStruct } from '../../../src/oci/go-value.ts';
import { readSpec } from '../../../src/oci/read-spec.ts';
import type { ImageFacts, NeededFiles, NeedySocket, Sight, TaskFpu } from '../../../src/restore/image-facts.ts';
import { NO_SETTINGS, type RestoreSettings } from '../../../src/restore/settings.ts';

const ALL_BITS = (1n << 64n) - 1n;

/** A fact that is known. */
export function fact<T>(value: T): Fact<T> {
  return { value, source: 'example' };
}

/** A fact that is not known. */
export function noFact<T>(source = 'the example does not say'): Fact<T> {
  return { value: null, source };
}

export const NO_IDENTITY: CpuIdentity = UNKNOWN_IDENTITY;

/** Features that every amd64 example has. */
export const BASE_FEATURES = ['pni', 'sse4_2', 'xsave', 'osxsave', 'fpu', 'sse', 'sse2'];

/** A feature set of amd64, encoded as since 2023-02-17, in feature-number order. */
export function featureSet(names: readonly string[], more: Partial<FeatureSet> = {}): FeatureSet {
  const wanted = new Set(names);
  return {
    arch: 'amd64',
    encoding: 'function-hwcap',
    features: featuresOf('amd64')
      .map((feature) => feature.name)
      .filter((name) => wanted.has(name)),
    unnamed: [],
    cpuid: null,
    hwcap: 0n,
    hwcap2: 0n,
    identity: NO_IDENTITY,
    cacheLine: 64,
    xcr0: 7n,
    ...more,
  };
}

/** A feature set of arm64, encoded as since 2023-02-17. */
export function arm64FeatureSet(names: readonly string[], more: Partial<FeatureSet> = {}): FeatureSet {
  return featureSet([], {
    arch: 'arm64',
    encoding: 'arm64-hwcap2',
    features: names,
    cacheLine: null,
    xcr0: null,
    identity: { ...NO_IDENTITY, arch: 'arm64' },
    ...more,
  });
}

/** A saved state with these components in use. */
export function fpu(xstateBv: bigint, more: Partial<FpuState> = {}): FpuState {
  return {
    length: 2436,
    areaLength: 2432,
    xstateBv,
    xcompBv: 0n,
    headerReservedZero: true,
    mxcsr: 0x1f80,
    mxcsrMask: 0xffff,
    components: componentNames(xstateBv),
    ...more,
  };
}

/** A task with that state; numbers follow from `n`. */
export function task(n: number, state: FpuState, more: Partial<TaskFpu> = {}): TaskFpu {
  return { tid: n, pid: n, name: `task${n}`, container: 'c', path: `g1r${n}`, fpu: state, ...more };
}

/** State without GPUs and TPUs. */
export const NO_DEVICES: GpuState = { driver: null, proxyDriver: null, openGpuFiles: 0, openTpuFiles: 0 };

/** The config.json of a container, with members replaced; those that are undefined are left out. */
export function configJson(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    ociVersion: '1.0.0',
    process: { args: ['/bin/sh'], cwd: '/', user: { uid: 0, gid: 0 }, env: ['SECRET=hidden'] },
    root: { path: '/rootfs' },
    mounts: [{ destination: '/proc', type: 'proc', source: '/proc' }],
    linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }] },
    ...more,
  });
}

/** The spec in such a file. */
export function ociSpec(more: Readonly<Record<string, unknown>> = {}): GoStruct {
  return readSpec(new TextEncoder().encode(configJson(more)));
}

/** Settings with specs of containers by name, in order. */
export function withSpecs(
  specs: Readonly<Record<string, GoStruct | null>>,
  more: Partial<RestoreSettings> = {},
): RestoreSettings {
  const given = Object.entries(specs).map(([name, spec]) => (spec === null ? null : { source: `${name}.json`, name, spec }));
  return { ...NO_SETTINGS, specs: given, ...more };
}

/** A saved file: a directory unless said otherwise. */
export function goferFile(path: string, more: Partial<GoferFile> = {}): GoferFile {
  const plain = { mode: null, reopen: null, deleted: false, mountPoint: false, remade: false, special: false } as const;
  return { path, kind: 'directory', ...plain, ...more };
}

/**
 * The files of a mount of the container `c`, its root among them.
 *
 * @param sights what was found other than what was saved, by path; null when no directory was given
 */
export function neededFiles(
  path: string,
  files: readonly GoferFile[],
  sights: Readonly<Record<string, Partial<Sight>>> | null,
  more: Partial<NeededFiles> = {},
): NeededFiles {
  const all = [goferFile('/'), ...files];
  const found = new Map(
    all.map((file) => {
      const live = file.deleted ? { kind: null, error: 'ENOENT' } : { kind: file.kind, error: null };
      return [file.path, { ...live, refused: null, unfillable: null, ...sights?.[file.path] }];
    }),
  );
  return {
    id: { container: 'c', path },
    directfs: true,
    shared: false,
    files: all,
    found: sights === null ? null : { directory: `/srv${path === '/' ? '' : path}`, sights: found },
    ...more,
  };
}

/** A saved UDP socket of process 7, and what it needs. */
export function needySocket(needs: readonly SocketNeed[], more: Partial<NeedySocket> = {}): NeedySocket {
  const ends = { local: '10.1.2.3:53', remote: null } as const;
  return { objectId: 9, path: 'g1r9', kind: 'udp', ...ends, protocol: null, needs, holders: [{ pid: 7, fd: 3 }], ...more };
}

/** An image of release-20260817.0 on amd64 that restores on {@link host}. */
export function image(more: Partial<ImageFacts> = {}): ImageFacts {
  return {
    path: 'example',
    files: { bare: false, pagesMeta: true, pages: true },
    pages: { place: 'separate', required: 8192, present: 8192 },
    metadata: new Map([
      ['compression', 'none'],
      ['container_count', '1'],
      ['container_specs', '{"c":{"ociVersion":"1.0.0"}}'],
      ['runsc_version', 'release-20260817.0'],
    ]),
    headerHmac: 'absent',
    keyVerified: false,
    framing: 'raw',
    compression: 'none',
    compressionNamed: true,
    createdAt: '2026-08-20T00:00:00.000Z',
    arch: 'amd64',
    featureSetFields: ['Function', 'hwCap'],
    cpu: featureSet(BASE_FEATURES),
    runscVersion: { value: 'release-20260817.0', from: 'header' },
    typesRelease: null,
    privateMemoryLost: false,
    containerSpecsFrom: 'header',
    containerSpecs: { kind: 'specs', byName: new Map([['c', ociSpec()]]) },
    gpu: NO_DEVICES,
    hostFiles: { complete: true, mounts: [], unused: [] },
    levelledTo: null,
    tasks: [task(1, fpu(0x3n))],
    typesFit: { kind: 'same-release' },
    socketNeeds: { complete: true, sockets: [] },
    ...more,
  };
}

const ARM64_FIELDS = ['hwCap', 'cpuFreqMHz', 'cpuImplHex', 'cpuArchDec', 'cpuVarHex', 'cpuPartHex', 'cpuRevDec'];

/** The same on arm64. */
export function arm64Image(more: Partial<ImageFacts> = {}): ImageFacts {
  return image({ arch: 'arm64', featureSetFields: ARM64_FIELDS, cpu: arm64FeatureSet(['fp', 'asimd']), tasks: [], ...more });
}

/** An amd64 host that has these features and lacks all others, with x87, SSE and AVX state. */
export function host(features: readonly string[] = BASE_FEATURES, more: Partial<Host> = {}): Host {
  return { ...hostOf('amd64', features), ...more };
}

/** The same host with that XCR0. */
export function hostWithXcr0(xcr0: bigint, more: Partial<Host> = {}): Host {
  return host(BASE_FEATURES, { xcr0: fact(xcr0), xcr0Known: { set: xcr0, clear: ALL_BITS & ~xcr0 }, ...more });
}

/** A host without XSAVE. */
export function hostWithoutXsave(more: Partial<Host> = {}): Host {
  return host(
    BASE_FEATURES.filter((name) => !name.includes('xsave')),
    { xcr0: noFact('no XSAVE'), xcr0Known: { set: 0n, clear: ALL_BITS }, useXsave: fact(false), ...more },
  );
}

/** An arm64 host of pages of 4 KiB. */
export function arm64Host(features: readonly string[] = ['fp', 'asimd'], more: Partial<Host> = {}): Host {
  const none = noFact<never>();
  return {
    ...hostOf('arm64', features),
    cacheLine: none,
    xcr0: none,
    xcr0Known: { set: 0n, clear: 0n },
    mxcsrMask: none,
    useXsave: none,
    identity: { ...NO_IDENTITY, arch: 'arm64' },
    ...more,
  };
}

function hostOf(arch: Arch, present: readonly string[]): Host {
  const has = new Set(present);
  return {
    name: 'example-host',
    arch,
    source: 'cpuid',
    provenance: 'hand-made',
    rejected: [],
    cpuid: null,
    features: new Map(
      featuresOf(arch).map((feature) => [
        feature.name,
        { presence: has.has(feature.name) ? 'present' : 'absent', source: 'example' },
      ]),
    ),
    cacheLine: fact(64),
    xcr0: fact(7n),
    xcr0Known: { set: 7n, clear: ALL_BITS & ~7n },
    statesNotEnabled: 0n,
    mxcsrMask: fact(0xffff),
    useXsave: fact(true),
    hwcap: noFact(),
    hwcap2: noFact(),
    pageSize: fact(4096),
    kernel: noFact(),
    microcode: noFact(),
    hypervisor: noFact(),
    runscVersion: noFact(),
    identity: NO_IDENTITY,
    capturedFrom: null,
    capturedAt: null,
    notes: [],
  };
}
