/** What stands between an image and a host, one by one: what policies rule on, and what CI formats list. */
import type { Impact } from '../cpu/feature.ts';
import type { Finding } from './finding.ts';
import type { ReasonCode } from './reasons.ts';
import type { CheckResult, GateId, Reason } from './result.ts';

/** Reasons that leave a condition open, also beside one that fails. */
const UNDECIDED: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1009',
  'CKPT1305',
  'CKPT1356',
  'CKPT1359',
  'CKPT1364',
  'CKPT1366',
  'CKPT1368',
  'CKPT1369',
  'CKPT1370',
  'CKPT1375',
  'CKPT1403',
  'CKPT1504',
  'CKPT1602',
  'CKPT1702',
  'CKPT1752',
  'CKPT1804',
  'CKPT1805',
  'CKPT1855',
  'CKPT1856',
  'CKPT1859',
  'CKPT1860',
  'CKPT1904',
  'CKPT1913',
  'CKPT1955',
]);

/** Reasons that say what was assumed, or not asked: nothing that stops a restore. */
const NOTES: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1303',
  'CKPT1304',
  'CKPT1306',
  'CKPT1353',
  'CKPT1354',
  'CKPT1355',
  'CKPT1360',
  'CKPT1363',
  'CKPT1367',
  'CKPT1374',
  'CKPT1377',
  'CKPT1402',
  'CKPT1753',
  'CKPT1857',
  'CKPT1858',
  'CKPT1912',
  'CKPT1954',
  'CKPT1957',
  'CKPT1958',
]);

/**
 * The findings of a pair in the order of its gates: one for each reason of a failing or undecided gate, and for lists of features one for
 * each feature. Notes are no findings, unless a gate is undecided for nothing else (`--require`). A pair without findings is restorable.
 */
export function findingsOf({ gates }: Pick<CheckResult, 'gates'>): Finding[] {
  return gates.flatMap(({ id, outcome, reasons }) => {
    if (outcome !== 'fail' && outcome !== 'unknown') return [];
    const weighty = reasons.filter(({ code }) => !NOTES.has(code));
    return (weighty.length > 0 ? weighty : reasons).flatMap((because) => findingsOfReason(id, outcome, because));
  });
}

function findingsOfReason(gate: GateId, outcome: 'fail' | 'unknown', because: Reason): Finding[] {
  const { code, message } = because;
  const own = UNDECIDED.has(code) ? 'unknown' : outcome;
  if (code !== 'CKPT1601' && code !== 'CKPT1602') return [{ gate, code, outcome: own, feature: null, impact: null, message }];
  return because.details.features.map(({ name, impact }) => ({
    gate,
    code,
    outcome: own,
    feature: name,
    impact: impact as Impact | 'unnamed',
    message: own === 'fail' ? `the host lacks ${name}` : `it is not known whether the host has ${name}`,
  }));
}
