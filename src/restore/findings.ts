/** What stands between an image and a host, one by one: what policies rule on, and what CI formats list. */
import type { Impact } from '../cpu/feature.ts';
import type { Finding } from './finding.ts';
import type { ReasonCode } from './reasons.ts';
import type { CheckResult, GateId, Reason } from './result.ts';
import { ASSUMPTIONS } from './verdict.ts';

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

/** Reasons that say what was not asked. */
const NOT_ASKED: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1303',
  'CKPT1353',
  'CKPT1363',
  'CKPT1374',
  'CKPT1858',
  'CKPT1954',
]);

/** Reasons that only tell something: nothing that stops a restore. */
const REMARKS: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'CKPT1304',
  'CKPT1354',
  'CKPT1360',
  'CKPT1857',
  'CKPT1957',
  'CKPT1958',
]);

/**
 * The findings of a pair in the order of its gates: one for each reason of a failing or undecided gate, and for lists of features one for
 * each feature. What was assumed or not asked is no finding, unless the gate is undecided for nothing else. A pair without findings is
 * restorable; a failing gate has a finding that fails.
 *
 * @param required gates that must be answered (`--require`): what they assume, and what they were not told, are findings also beside others,
 * so that nobody who lets the others pass lets these pass, too
 */
export function findingsOf({ gates }: Pick<CheckResult, 'gates'>, required: readonly GateId[] = []): Finding[] {
  return gates.flatMap(({ id, outcome, reasons }) => {
    if (outcome !== 'fail' && outcome !== 'unknown') return [];
    const held = required.includes(id);
    const weighty = reasons.filter(({ code }) => !REMARKS.has(code) && (held || !isUnproven(code)));
    const listed = weighty.length > 0 ? weighty : reasons;
    const decided = outcome === 'fail' && listed.some(({ code }) => !isOpen(code));
    return listed.flatMap((because) => findingsOfReason(id, decided && isOpen(because.code) ? 'unknown' : outcome, because));
  });
}

function isUnproven(code: ReasonCode): boolean {
  return ASSUMPTIONS.has(code) || NOT_ASKED.has(code);
}

function isOpen(code: ReasonCode): boolean {
  return UNDECIDED.has(code) || isUnproven(code);
}

function findingsOfReason(gate: GateId, outcome: Finding['outcome'], because: Reason): Finding[] {
  const { code, message } = because;
  if (code !== 'CKPT1601' && code !== 'CKPT1602') return [{ gate, code, outcome, feature: null, impact: null, message }];
  return because.details.features.map(({ name, impact }) => ({
    gate,
    code,
    outcome,
    feature: name,
    impact: impact as Impact | 'unnamed',
    message: outcome === 'fail' ? `the host lacks ${name}` : `it is not known whether the host has ${name}`,
  }));
}
