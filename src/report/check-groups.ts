/** Pairs that have the same explanation, which is told once. */
import type { CheckResult } from '../restore/result.ts';
import { missingByImpact } from './check-features-text.ts';
import { failureLines, type PairGroup, verdictLines } from './check-verdict-text.ts';
import type { TextOptions } from './style.ts';
import { wordList } from './wrap.ts';

/** The pairs in groups of equal explanation, each at the place of its first. */
export function grouped(results: readonly CheckResult[], explanation: (result: CheckResult) => string): PairGroup[] {
  const groups = new Map<string, [CheckResult, ...CheckResult[]]>();
  for (const result of results) {
    const key = explanation(result);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  return [...groups.values()];
}

/** Equal for pairs whose full explanations differ in nothing but the names and the facts beside them. */
export function explanationOf(result: CheckResult): string {
  const { image: _image, host: _host, relation: _relation, gates: all, ...rest } = result;
  const said = all.map(({ id, outcome, reasons }) => [
    id,
    outcome,
    reasons.map((because) => [because.code, because.message, 'features' in because.details ? because.details.features : null]),
  ]);
  return JSON.stringify([rest, said]);
}

/** Equal for pairs whose short explanations differ in nothing but the names. */
export function shortExplanationOf(result: CheckResult): string {
  const { verdict, firstFailure: stops, runscError, advice: toDo } = result;
  const open = result.gates.filter((gate) => gate.outcome === 'unknown').map((gate) => gate.id);
  return JSON.stringify([verdict, stops, runscError, open, missingByImpact(result), toDo.map(({ code }) => code)]);
}

/** The same in short: where it stops, what is missing, and the codes of the advice. */
export function shortPairLines(group: PairGroup, options: TextOptions): string[] {
  const [result] = group;
  const stops = failureLines(result, options);
  const open = result.gates.filter((gate) => gate.outcome === 'unknown').map((gate) => gate.id);
  const codes = result.advice.map(({ code }) => code);
  return [
    ...verdictLines(group, options),
    ...stops,
    ...(stops.length > 0 || open.length === 0 ? [] : [`  undecided: ${open.join(', ')}`]),
    ...missingByImpact(result).flatMap(([words, names]) => [
      `  missing: ${words} (${names.length})`,
      ...wordList(names, 4, options.width),
    ]),
    ...(codes.length === 0 ? [] : wordList(['what', 'to', 'do:', ...codes], 2, options.width)),
  ];
}
