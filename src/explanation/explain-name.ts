/** What a name means: a code, a gate, an error code, an exit code, a CPU feature, a label of a node, an XSAVE component. */
import { closestName } from '../closest-name.ts';
import { LINTS } from '../fleet/lint-codes.ts';
import { FILESYSTEM_GATE_IDS, GATE_IDS } from '../restore/gate-ids.ts';
import { ADVICE, type AdviceCode, REASONS, type ReasonCode } from '../restore/reasons.ts';
import type { NameAnswer } from './answer.ts';
import { codeRef } from './code-ref.ts';
import { ERROR_TEXTS, EXIT_TEXTS } from './error-texts.ts';
import { explainFeature, featureNames } from './explain-feature.ts';
import { explainState } from './explain-state.ts';
import { GATE_TEXTS } from './gate-texts.ts';

const REASON_CODES = Object.keys(REASONS) as ReasonCode[];
const ADVICE_CODES = Object.keys(ADVICE) as AdviceCode[];
const LINT_CODES = Object.keys(LINTS) as (keyof typeof LINTS)[];
const GATES = [...new Set([...GATE_IDS, ...FILESYSTEM_GATE_IDS])];
const ERRORS = Object.keys(ERROR_TEXTS) as (keyof typeof ERROR_TEXTS)[];

/** What a name means, or null when nothing has it. Case does not count, nor white space around it. */
export function explainName(given: string): NameAnswer | null {
  const name = given.trim();
  return (
    codeAnswer(given, name.toUpperCase()) ??
    wordAnswer(given, name.toLowerCase()) ??
    featureAnswer(given, name) ??
    labelAnswer(given, name) ??
    explainState(given)
  );
}

function codeAnswer(given: string, name: string): NameAnswer | null {
  const reason = REASON_CODES.find((code) => code === name);
  if (reason !== undefined) {
    const { gate, title, meaning, example, remedy } = REASONS[reason];
    return { kind: 'reason', given, code: reason, title, gate, meaning, example, remedy, page: codeRef(reason).page };
  }
  const advice = ADVICE_CODES.find((code) => code === name);
  if (advice !== undefined) {
    const { title, meaning, remedy, evidence } = ADVICE[advice];
    return { kind: 'advice', given, code: advice, title, meaning, remedy, evidence, page: codeRef(advice).page };
  }
  const lint = LINT_CODES.find((code) => code === name);
  if (lint === undefined) return null;
  const { severity, title, meaning, remedy } = LINTS[lint];
  return { kind: 'lint', given, code: lint, severity, title, meaning, remedy, page: codeRef(lint).page };
}

function wordAnswer(given: string, name: string): NameAnswer | null {
  const id = GATES.find((gate) => gate === name);
  if (id !== undefined) {
    const { checks, conditions, decidedBy, since, howTo } = GATE_TEXTS[id];
    const reasons = REASON_CODES.filter((code) => REASONS[code].gate === id).map(codeRef);
    return { kind: 'gate', given, id, checks, conditions, decidedBy, since, howTo, reasons };
  }
  const error = ERRORS.find((code) => code === name);
  if (error !== undefined) return { kind: 'error', given, code: error, meaning: ERROR_TEXTS[error] };
  const exit = /^exit(?:[ -]?(?:code|status))?[ -]?(\d{1,3})$/.exec(name)?.[1];
  const meaning = exit !== undefined && Object.hasOwn(EXIT_TEXTS, exit) ? EXIT_TEXTS[exit] : undefined;
  return exit === undefined || meaning === undefined ? null : { kind: 'exit', given, code: exit, meaning };
}

/** What stands before the name of a feature in the labels of NFD, KubeVirt and `ckpt host labels`, and behind it. */
const LABEL =
  /^(?:feature\.node\.kubernetes\.io\/cpu-cpuid\.|cpu-cpuid\.|ckpt\.feature\.node\.kubernetes\.io\/cpu\.|(?:cpu-feature|host-model-required-features)\.node\.kubevirt\.io\/)([A-Za-z0-9_.-]{1,40})(?:=(?:true|unknown))?$/;

function labelAnswer(given: string, name: string): NameAnswer | null {
  const feature = LABEL.exec(name)?.[1];
  return feature === undefined ? null : featureAnswer(given, feature);
}

function featureAnswer(given: string, name: string): NameAnswer | null {
  const features = explainFeature(name);
  return features.length === 0 ? null : { kind: 'feature', given, features };
}

/** Names that are suggested at most. */
const MOST_NEAR = 3;

/** Names that something has and that are near to one that nothing has, the nearest first. */
export function nearNames(given: string): string[] {
  const name = given.trim().toLowerCase();
  const near: string[] = [];
  let left: readonly string[] = [...featureNames(), ...GATES, ...ERRORS];
  // A code that does not exist has neighbours of the same gate.
  const family = /^CKPT\d\d/.exec(name.toUpperCase())?.[0];
  if (family !== undefined)
    near.push(...[...REASON_CODES, ...ADVICE_CODES, ...LINT_CODES].filter((code) => code.startsWith(family)).slice(0, MOST_NEAR));
  while (near.length < MOST_NEAR) {
    const next = closestName(name, left);
    if (next === null) break;
    near.push(next);
    left = left.filter((other) => other !== next);
  }
  return near;
}
