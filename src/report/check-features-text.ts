/** The features that a host lacks, or may lack. */
import type { FeatureRef } from '../restore/reasons.ts';
import type { CheckResult } from '../restore/result.ts';
import { IMPACT_WORDS } from './check-words.ts';
import { firstOf, withRest } from './long-list.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { wordList } from './wrap.ts';

/** The sections of the missing and the undecided features; nothing when there are none. */
export function featureLines(result: CheckResult, options: TextOptions): string[] {
  const style = styleFor(options);
  const groups = missingByImpact(result);
  const unknown = featuresOf(result, 'CKPT1602');
  const lines: string[] = [];
  if (groups.length > 0) {
    const count = groups.reduce((sum, [, names]) => sum + names.length, 0);
    lines.push('', style.strong(`Missing CPU features (${count})`));
    for (const [words, names] of groups) lines.push(`  ${words} (${names.length})`, ...wordList(names, 4, options.width));
  }
  if (unknown.length > 0) {
    lines.push('', style.strong(`Undecided CPU features (${unknown.length})`));
    const some = firstOf(unknown);
    const rows = some.shown.map((feature) => [featureName(feature), feature.evidence]);
    lines.push(...withRest(table(rows, { indent: 2, width: options.width }), some, 2));
  }
  return lines;
}

function featuresOf({ gates: all }: CheckResult, code: 'CKPT1601' | 'CKPT1602'): FeatureRef[] {
  return all.flatMap((gate) => gate.reasons).flatMap((because) => (because.code === code ? because.details.features : []));
}

/** The missing features by what their absence means, the gravest first. */
export function missingByImpact(result: CheckResult): (readonly [words: string, names: readonly string[]])[] {
  const all = featuresOf(result, 'CKPT1601');
  return Object.entries(IMPACT_WORDS)
    .map(([impact, words]) => [words, all.filter((feature) => feature.impact === impact).map(featureName)] as const)
    .filter(([, names]) => names.length > 0);
}

/** gVisor's name, with Linux's beside it where that differs. */
function featureName(feature: FeatureRef): string {
  return feature.linuxName === null || feature.linuxName === feature.name
    ? feature.name
    : `${feature.name} (Linux: ${feature.linuxName})`;
}
