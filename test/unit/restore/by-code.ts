/** An example for every reason and every piece of advice: they show that each code is given, and fill the pages in docs/reasons/. */
import type { Host } from '../../../src/host/host.ts';
import type { GoferFile } from '../../../src/kernel/files/gofer-files.ts';
import type { GoStruct } from '../../../src/oci/go-value.ts';
import { type Damage, type EvaluateInput, evaluate, evaluateUnreadable } from '../../../src/restore/evaluate.ts';
import type { ImageFacts, NeededFiles, NeedySocket, TypesFit } from '../../../src/restore/image-facts.ts';
import type { AdviceCode, ReasonCode } from '../../../src/restore/reasons.ts';
import type { CheckResult } from '../../../src/restore/result.ts';
import { NO_SETTINGS } from '../../../src/restore/settings.ts';
import {
  arm64Host,
  arm64Image,
  BASE_FEATURES,
  fact,
  featureSet,
  fpu,
  goferFile,
  host,
  hostWithXcr0,
  image,
  NO_IDENTITY,
  neededFiles,
  needySocket,
  noFact,
  ociSpec,
  task,
  withSpecs,
} from './examples.ts';

import { checkSaved, filesystemCheckpoint, withBytes, withManifest } from './filesystem-examples.ts';

const NEWEST = 'release-20260817.0';
const DAMAGE: Damage = { code: 'truncated', layer: 'wire', offset: 12, expected: 'an object', found: 'the end' };

/** Evaluates with a version given by flag. */
export function check(
  saved: ImageFacts,
  target: Host = host(),
  version: string | null = NEWEST,
  more: Partial<EvaluateInput> = {},
): CheckResult {
  return evaluate(saved, target, { runscVersion: version, ...more });
}

const keyless = (key: string): ImageFacts['metadata'] => new Map([...image().metadata].filter(([name]) => name !== key));
const withKey = (key: string, value: string): ImageFacts['metadata'] => new Map([...image().metadata, [key, value]]);
const hidden = new Map([
  ...host().features,
  ['sse4_2', { presence: 'unknown', source: 'the description does not show it' } as const],
]);
const unsure = host(BASE_FEATURES, {
  features: hidden,
  cacheLine: noFact(),
  mxcsrMask: noFact(),
  xcr0Known: { set: 3n, clear: 0n },
});
const avx512 = image({ tasks: [task(1, fpu(0xe7n))], levelledTo: ['fpu'] });
const mpx = image({ tasks: [task(1, fpu(0x1bn))] });

/** A release in which sockets can stop a restore. */
const SOCKETS_MATTER = '20240729';
const ip = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
const withSockets = (...sockets: readonly NeedySocket[]): ImageFacts => image({ socketNeeds: { complete: true, sockets } });
const CONNECTED = needySocket([{ kind: 'route', from: ip(10, 1, 2, 3), to: ip(10, 1, 2, 1), interfaceId: null }], {
  remote: '10.1.2.1:53',
});
const OVER_LOOPBACK = needySocket([{ kind: 'route', from: ip(127, 0, 0, 1), to: ip(127, 0, 0, 1), interfaceId: null }], {
  kind: 'tcp',
  local: '127.0.0.1:40000',
  remote: '127.0.0.1:80',
});

/** A task that lacks a field of the restoring release. */
const task58 = { name: 'pkg/sentry/kernel.Task', image: ['k', 'image'], release: ['k', 'image', 'Origin'] };
const refusedTask: Extract<TypesFit, { kind: 'compared' }> = {
  kind: 'compared',
  releases: ['release-20240422.0', 'release-20240501.0'],
  used: 339,
  differing: [task58],
  undecided: [],
  first: {
    ...task58,
    as: 'struct',
    objectId: 58,
    goType: 'kernel.Task',
    goValue: '&wire.Struct{TypeID:0x4e, fields:(*wire.multipleObjects)(0xc000000000)}',
  },
};

const otherCwd = ociSpec({ process: { args: ['/bin/sh'], cwd: '/srv', user: { uid: 0, gid: 0 } } });
const SPEC_OF_C = { source: 'c.json', name: 'c', spec: ociSpec() };
const IN_SANDBOX = { 'io.kubernetes.cri.container-type': 'container', 'io.kubernetes.cri.sandbox-id': 's' };
const LIMITED = ociSpec({ linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }], resources: { pids: { limit: 9 } } } });
const bind = (destination: string) => ociSpec({ mounts: [{ destination, type: 'bind', source: '/secrets' }] });
const RUN = bind('/run/secrets');
const VAR_RUN = bind('/var/run/secrets');
const saved = (spec: GoStruct): ImageFacts => image({ containerSpecs: { kind: 'specs', byName: new Map([['c', spec]]) } });
const withGpus = image({
  metadata: withKey('nvproxy-device-remap-ids', '[{"minor":0,"pci_device_id":1},{"minor":1,"pci_device_id":1}]'),
  gpu: { driver: '550.54.14', proxyDriver: '580.126.20', openGpuFiles: 3, openTpuFiles: 0 },
  runscVersion: { value: 'release-20260810.0', from: 'header' },
});

/** An image whose container `c` holds /app, and the directory /data with a mount on it. */
const withFiles = (
  sights: Parameters<typeof neededFiles>[2],
  more: Partial<NeededFiles> = {},
  app: Partial<GoferFile> = {},
): ImageFacts => {
  const root = neededFiles('/', [goferFile('/app', { kind: 'regular', ...app }), goferFile('/data')], sights, more);
  return image({ hostFiles: { complete: true, mounts: [root, neededFiles('/data', [], {})], unused: [] } });
};

const splitImage = image({ pages: { place: 'separate', required: 4096, present: 4096, apart: ['__no_name_0:/'] } });

/** An example for every reason. A new code does not compile until it has one. */
export const BY_REASON: { readonly [C in ReasonCode]: () => CheckResult } = {
  CKPT1001: () => check(image({ headerHmac: 'keyed' })),
  CKPT1002: () => check(image(), host(), '20251015'),
  CKPT1003: () => check(image({ headerHmac: 'empty-key' })),
  CKPT1004: () => check(image({ framing: 'chunked' })),
  CKPT1005: () => check(image({ headerHmac: 'empty-key' }), host(), '20240401'),
  CKPT1006: () => check(image({ headerHmac: 'empty-key' }), host(), '20221219'),
  CKPT1007: () => check(image({ compressionNamed: false, compression: 'flate-best-speed', framing: 'flate' })),
  CKPT1008: () => evaluateUnreadable(image(), DAMAGE, host(), { runscVersion: NEWEST }),
  CKPT1009: () => evaluateUnreadable({ path: 'x' }, DAMAGE, host(), { runscVersion: NEWEST }),
  CKPT1010: () => check(image({ privateMemoryLost: true })),
  CKPT1101: () => check(image({ metadata: keyless('container_count') })),
  CKPT1102: () => check(image({ metadata: withKey('container_count', 'two') })),
  CKPT1103: () => check(image({ metadata: withKey('container_count', '0') })),
  CKPT1201: () => check(image({ metadata: keyless('container_specs'), containerSpecsFrom: null })),
  CKPT1202: () => check(image({ metadata: withKey('container_specs', '[') })),
  CKPT1301: () => check(image({ runscVersion: { value: 'release-20260810.0', from: 'header' } })),
  CKPT1302: () => check(image({ runscVersion: null })),
  CKPT1303: () => check(image(), host(), null),
  CKPT1304: () => check(image(), host(), '20240401'),
  CKPT1305: () => check(image({ runscVersion: { value: 'VERSION_MISSING', from: 'header' } }), host(), 'VERSION_MISSING'),
  CKPT1306: () =>
    check(
      image({ runscVersion: null, typesRelease: { first: 'release-20240415.0', last: 'release-20240422.0', exact: true } }),
      host(),
      '20240424',
    ),
  CKPT1351: () => check(image(), host(), NEWEST, { settings: withSpecs({ c: otherCwd }) }),
  CKPT1352: () => check(image(), host(), NEWEST, { settings: withSpecs({ d: ociSpec() }) }),
  CKPT1353: () => check(image()),
  CKPT1354: () => check(image(), host(), NEWEST, { settings: withSpecs({ c: otherCwd }, { specPolicy: 'warning' }) }),
  CKPT1355: () => check(image(), host(), NEWEST, { settings: withSpecs({ c: ociSpec({ annotations: IN_SANDBOX }) }) }),
  CKPT1356: () => check(saved(RUN), host(), NEWEST, { settings: withSpecs({ c: VAR_RUN }) }),
  CKPT1357: () => check(image(), host(), NEWEST, { settings: { ...withSpecs({ c: ociSpec() }), specs: [SPEC_OF_C, SPEC_OF_C] } }),
  CKPT1358: () => check(image(), host(), NEWEST, { settings: withSpecs({ c: ociSpec({ process: undefined }) }) }),
  CKPT1359: () => check(image(), host(), NEWEST, { settings: withSpecs({ c: null }) }),
  CKPT1360: () => check(image(), host(), NEWEST, { settings: withSpecs({ c: LIMITED }) }),
  CKPT1361: () => check(image(), host(), NEWEST, { settings: { ...NO_SETTINGS, network: 'plugin' } }),
  CKPT1362: () => check(image(), host(), NEWEST, { settings: { ...NO_SETTINGS, network: 'host' } }),
  CKPT1363: () => check(image()),
  CKPT1364: () => check(image(), host(), '20250811', { settings: { ...NO_SETTINGS, network: 'host' } }),
  CKPT1365: () => check(withSockets(CONNECTED), host(), SOCKETS_MATTER, { settings: { ...NO_SETTINGS, network: 'none' } }),
  CKPT1366: () => check(withSockets(CONNECTED), host(), SOCKETS_MATTER),
  CKPT1367: () => check(withSockets(OVER_LOOPBACK), host(), SOCKETS_MATTER),
  CKPT1368: () => check(withSockets(needySocket([{ kind: 'handshake' }], { kind: 'tcp' })), host(), SOCKETS_MATTER),
  CKPT1369: () => check(withSockets(needySocket([{ kind: 'port', port: 53 }])), host(), SOCKETS_MATTER),
  CKPT1370: () => check(image({ socketNeeds: { complete: false, sockets: [] } }), host(), SOCKETS_MATTER),
  CKPT1371: () => check(withGpus, host(), NEWEST, { settings: { ...NO_SETTINGS, gpus: 1 } }),
  CKPT1372: () => check(withGpus, host(), NEWEST, { settings: { ...NO_SETTINGS, nvidiaDriver: '580.126.09' } }),
  CKPT1373: () => check(withGpus, host(), 'release-20260309.0'),
  CKPT1374: () => check(withGpus),
  CKPT1375: () => check(withGpus, host(), '20260301', { settings: { ...NO_SETTINGS, gpus: 2 } }),
  CKPT1376: () => check(image({ metadata: withKey('nvproxy-device-remap-ids', '{}') })),
  CKPT1377: () => check(withGpus, host(), NEWEST, { settings: { ...NO_SETTINGS, gpus: 2 } }),
  CKPT1401: () => check(arm64Image(), arm64Host(undefined, { pageSize: fact(65_536) })),
  CKPT1402: () => check(arm64Image(), arm64Host(undefined, { pageSize: noFact() })),
  CKPT1403: () =>
    check(
      arm64Image(),
      arm64Host(undefined, { pageSize: noFact(), identity: { ...NO_IDENTITY, arch: 'arm64', implementer: 0x61 } }),
    ),
  CKPT1501: () => check(arm64Image()),
  CKPT1502: () => check(image({ featureSetFields: ['Function'], cpu: featureSet(BASE_FEATURES, { encoding: 'function' }) })),
  CKPT1503: () => check(arm64Image(), arm64Host(), '20220201'),
  CKPT1504: () => check(arm64Image()),
  CKPT1601: () => check(image({ cpu: featureSet([...BASE_FEATURES, 'avx512f', 'ospke']) })),
  CKPT1602: () => check(image(), unsure),
  CKPT1701: () => check(image(), host(BASE_FEATURES, { cacheLine: fact(128) })),
  CKPT1702: () => check(image(), unsure),
  CKPT1751: () => check(image({ typesFit: refusedTask }), host(), 'release-20240424.0'),
  CKPT1752: () => check(image({ typesFit: { kind: 'unknown-release' } })),
  CKPT1753: () => check(image({ typesFit: { ...refusedTask, differing: [], first: null } })),
  CKPT1801: () => check(avx512),
  CKPT1802: () => check(image({ tasks: [task(1, fpu(3n, { mxcsr: 0x2_1f80 }))] })),
  CKPT1803: () => check(mpx, hostWithXcr0(3n), '20251201'),
  CKPT1804: () => check(avx512, unsure),
  CKPT1851: () => check(withFiles({ '/app': { kind: null, error: 'ENOENT' } })),
  CKPT1852: () => check(withFiles({ '/app': { kind: 'directory' } }, { shared: true })),
  CKPT1853: () => check(withFiles({ '/app': { refused: 'EROFS' } })),
  CKPT1854: () => check(withFiles({ '/data': { kind: 'symlink' } })),
  CKPT1855: () => check(withFiles({ '/app': { kind: null, error: 'EACCES' } })),
  CKPT1856: () => check(withFiles({}, {}, { special: true })),
  CKPT1857: () => check(withFiles({ '/app': { kind: 'directory' } })),
  CKPT1858: () => check(withFiles(null)),
  CKPT1859: () => check(image({ hostFiles: { complete: false, mounts: [], unused: [] } })),
  CKPT1860: () => check(image({ hostFiles: { complete: true, mounts: [], unused: ['srv=/srv'] } })),
  CKPT1861: () =>
    check(image({ hostFiles: { complete: true, mounts: [], lost: [{ container: '', path: 'host:2' }], unused: [] } })),
  CKPT1901: () => checkSaved(filesystemCheckpoint(), host(), 'release-20260316.0'),
  CKPT1902: () => checkSaved(filesystemCheckpoint({ encoding: 'json' })),
  CKPT1903: () => checkSaved(withManifest({ version: 2n })),
  CKPT1904: () => checkSaved(filesystemCheckpoint({ otherManifest: true }), host(), 'release-20260415.0'),
  CKPT1911: () => checkSaved(withManifest({ pageSize: 65_536n })),
  CKPT1912: () => checkSaved(filesystemCheckpoint(), arm64Host([], { pageSize: noFact() })),
  CKPT1913: () => checkSaved(withManifest({ pageSize: 16_384n }), arm64Host([], { pageSize: noFact() })),
  CKPT1921: () => checkSaved(withManifest({ endian: 'big' })),
  CKPT1931: () => checkSaved(withBytes({ pagesMeta: 64 })),
  CKPT1932: () => checkSaved(withBytes({ multiTar: null })),
  CKPT1933: () => checkSaved(withBytes({ pages: 4096 })),
  CKPT1951: () => check(image({ files: { bare: false, pagesMeta: true, pages: false } })),
  CKPT1952: () => check(image({ pages: { place: 'separate', required: 8192, present: 4096 } })),
  CKPT1953: () => check(image(), host(), 'release-20230123.0'),
  CKPT1954: () => check(image({ pages: { place: 'elsewhere', required: null, present: null } })),
  CKPT1955: () => check(splitImage),
  CKPT1956: () => check(splitImage, host(), '20260821'),
  CKPT1957: () => check(image({ pages: { place: 'separate', required: 4096, present: 8193 } })),
  CKPT1958: () =>
    check(
      image({
        files: { bare: false, pagesMeta: false, pages: true },
        pages: { place: 'inline', required: 8192, present: 8192, inState: true },
      }),
    ),
  CKPT1805: () => check(image({ tasks: [task(1, fpu(3n, { mxcsr: 0x1fc0 }))] }), unsure),
};

/** An example for every piece of advice. */
export const BY_ADVICE: { readonly [C in AdviceCode]: () => CheckResult } = {
  CKPT2001: BY_REASON.CKPT1601,
  CKPT2002: BY_REASON.CKPT1601,
  CKPT2003: BY_REASON.CKPT1601,
  CKPT2004: BY_REASON.CKPT1801,
  CKPT2005: () => check(image({ tasks: [task(1, fpu(7n))] }), hostWithXcr0(3n)),
  CKPT2006: BY_REASON.CKPT1801,
  CKPT2007: BY_REASON.CKPT1803,
  CKPT2008: BY_REASON.CKPT1301,
  CKPT2009: BY_REASON.CKPT1001,
  CKPT2010: BY_REASON.CKPT1501,
  CKPT2011: BY_REASON.CKPT1401,
  CKPT2012: BY_REASON.CKPT1602,
  CKPT2013: BY_REASON.CKPT1303,
  CKPT2014: BY_REASON.CKPT1008,
  CKPT2015: () => check(image(), host(), 'release-20271231.0'),
  CKPT2016: BY_REASON.CKPT1305,
  CKPT2017: BY_REASON.CKPT1851,
  CKPT2018: () => checkSaved(filesystemCheckpoint()),
};
