/** Hand-made answers of `check`, for what renders them. */
import type { JudgedFinding, Waiver } from '../../src/restore/finding.ts';
import { findingsOf } from '../../src/restore/findings.ts';
import { REASONS } from '../../src/restore/reasons.ts';
import { type CheckDocument, type CheckResult, GATE_IDS, type GateId, type Reason } from '../../src/restore/result.ts';

export const TABLES = { findingsOf, reasons: REASONS };

export const MISSING: Reason = {
  code: 'CKPT1601',
  order: 30,
  message: 'the host lacks 2 features of the image: avx512f ht',
  details: {
    features: [
      { name: 'avx512f', linuxName: 'avx512f', impact: 'instruction', evidence: 'CPUID leaf 0x7' },
      { name: 'ht', linuxName: null, impact: 'dynamic', evidence: 'CPUID leaf 0x1' },
    ],
  },
};
const OPEN: Reason = {
  code: 'CKPT1602',
  order: 31,
  message: '1 feature undecided: fsrm',
  details: { features: [{ name: 'fsrm', linuxName: 'fsrm', impact: 'performance', evidence: 'no evidence' }] },
};

function result(image: string, host: string, more: Partial<CheckResult> = {}): CheckResult {
  return {
    image: { path: image, runscVersion: 'release-20260817.0', arch: 'amd64', createdAt: null, compression: 'none' },
    host: { name: host, source: 'cpuid', evidence: 'exact', arch: 'amd64', runscVersion: null },
    rules: { release: 'release-20260817.0', from: 'image' },
    verdict: 'restorable',
    relation: 'superset',
    firstFailure: null,
    runscError: null,
    missingFeatures: [],
    unknownFeatures: [],
    gates: GATE_IDS.map((id) => ({ id, outcome: 'pass', reasons: [] })),
    advice: [],
    ...more,
  };
}

export const restorable = (image: string, host: string): CheckResult => result(image, host);

/** Blocked at `cpu-features` for the lack of avx512f and ht, unless another reason is given. */
export function blocked(image: string, host: string, reason: Reason = MISSING, gate: GateId = 'cpu-features'): CheckResult {
  return result(image, host, {
    verdict: 'blocked',
    firstFailure: gate,
    runscError: 'incompatible FeatureSet: missing features: map[avx512f:{} ht:{}]',
    missingFeatures: ['avx512f', 'ht'],
    gates: GATE_IDS.map((id) =>
      id === gate ? { id, outcome: 'fail', reasons: [reason] } : { id, outcome: 'pass', reasons: [] },
    ),
    advice: [{ code: 'CKPT2002', message: 'set this', setting: 'dev.gvisor.internal.cpufeatures=pni,sse4_1' }],
  });
}

/** Undecided at `cpu-features`. */
export function undecided(image: string, host: string): CheckResult {
  return result(image, host, {
    verdict: 'unknown',
    unknownFeatures: ['fsrm'],
    gates: GATE_IDS.map((id) =>
      id === 'cpu-features' ? { id, outcome: 'unknown', reasons: [OPEN] } : { id, outcome: 'pass', reasons: [] },
    ),
  });
}

export const WAIVER: Waiver = { id: 'W-7', reason: 'the fleet is being replaced', owner: 'sre', expires: '2027-03-01' };

/** The pair with every finding judged so; what the policy makes of it follows. */
export function judged(pair: CheckResult, by: Partial<Pick<JudgedFinding, 'level' | 'by' | 'waiver'>>): CheckResult {
  const findings = findingsOf(pair).map(
    (finding): JudgedFinding => ({
      ...finding,
      level: finding.outcome === 'fail' ? 'block' : 'open',
      by: 'outcome',
      waiver: null,
      ...by,
    }),
  );
  const has = (level: JudgedFinding['level']): boolean => findings.some((finding) => finding.level === level);
  const outcome = has('block') ? 'fail' : has('open') ? 'open' : has('warn') ? 'warn' : 'pass';
  return { ...pair, policy: { outcome, findings } };
}

export const waived = (pair: CheckResult): CheckResult =>
  judged(pair, { level: 'ignore', by: 'waiver', waiver: { ...WAIVER, expired: false } });
export const expired = (pair: CheckResult): CheckResult => judged(pair, { waiver: { ...WAIVER, expired: true } });

export function document(
  results: readonly CheckResult[],
  errors: CheckDocument['errors'] = [],
  policy?: CheckDocument['policy'],
): CheckDocument {
  const verdicts = results.map(({ verdict }) => verdict);
  const open = verdicts.includes('unknown') || errors.length > 0 || results.length === 0;
  return {
    schema: 'ckpt/check@1',
    tool: { name: 'ckpt', version: '0.1.0' },
    verdict: verdicts.includes('blocked') ? 'blocked' : open ? 'unknown' : 'restorable',
    results,
    errors,
    ...(policy === undefined ? {} : { policy }),
  };
}

export const UNREAD_HOST: CheckDocument['errors'][number] = {
  host: 'gone.txt',
  code: 'not-found',
  message: 'file: expected a file, found none (gone.txt)',
  layer: 'file',
};
export const UNREAD_IMAGE: CheckDocument['errors'][number] = {
  image: 'lost.state',
  code: 'not-an-image',
  message: 'statefile: expected an image, found text',
  layer: 'header',
};

/** Names that try to be something else somewhere. */
export const HOSTILE_NAMES = [
  '::error title=x::injected',
  'a\n::set-output name=verdict::restorable',
  'a\r\n##[add-mask]x',
  '##[error]x',
  'x::warning::y%0A::error::z',
  'a,b:c;d%25',
  '</testcase><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  ']]>&amp;&lt;',
  'a|b\\|c`d``e',
  '`',
  '```\n# head',
  ' ',
  '@octocat',
  '\\|@octocat|#123',
  'GH-123 #123 !45 $1 %2 &3 ~bug ^alert org/repo#9',
  'www.evil.example https://evil.example/x me@evil.example',
  '[click](http://evil.example)',
  '[a\\](http://evil.example)',
  '{0} {{1}}',
  ':x: :tada:',
  '\u202eetats.\u202c \ud800 \ufffe \u0000 \u001b[31m',
  '__proto__',
  '../../etc/passwd',
  '/abs/päth with space/image',
  'https://user:secret@host.example/a/checkpoint.img?token=…',
  '-',
  '',
] as const;
