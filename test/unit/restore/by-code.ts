/** An example for every reason and every piece of advice: they show that each code is given, and fill the pages in docs/reasons/. */
import type { Host } from '../../../src/host/host.ts';
import { type Damage, type EvaluateInput, evaluate, evaluateUnreadable } from '../../../src/restore/evaluate.ts';
import type { ImageFacts } from '../../../src/restore/image-facts.ts';
import type { AdviceCode, ReasonCode } from '../../../src/restore/reasons.ts';
import type { CheckResult } from '../../../src/restore/result.ts';
import {
  arm64Host,
  arm64Image,
  BASE_FEATURES,
  fact,
  featureSet,
  fpu,
  host,
  hostWithXcr0,
  image,
  NO_IDENTITY,
  noFact,
  task,
} from './examples.ts';

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
  CKPT1801: () => check(avx512),
  CKPT1802: () => check(image({ tasks: [task(1, fpu(3n, { mxcsr: 0x2_1f80 }))] })),
  CKPT1803: () => check(mpx, hostWithXcr0(3n), '20251201'),
  CKPT1804: () => check(avx512, unsure),
  CKPT1901: () => check(image()),
  CKPT1951: () => check(image({ files: { bare: false, pagesMeta: true, pages: false } })),
  CKPT1952: () => check(image({ pages: { place: 'separate', required: 8192, present: 4096 } })),
  CKPT1953: () => check(image(), host(), 'release-20230123.0'),
  CKPT1954: () => check(image({ pages: { place: 'elsewhere', required: null, present: null } })),
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
};
