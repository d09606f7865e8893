/** What flags of a vocabulary, some there and some not, prove of the features that gVisor compares. */
import type { FeatureFact } from './host.ts';
import type { LabelEvidence } from './nfd-evidence.ts';

/** Whether a flag is certainly there, certainly not there, or neither, and which words say so. */
export type FlagState =
  | { readonly kind: 'shown'; readonly source: string }
  | { readonly kind: 'hidden'; readonly source: string }
  | { readonly kind: 'unknown'; readonly source: string };

export interface FlagEvidence {
  readonly stateOf: (label: string) => FlagState;
  /** The machine is certainly Intel's and certainly no virtual one. */
  readonly intelBareMetal: boolean;
}

/** What each row proves, by gVisor name. */
export function judgeFlags(rows: readonly LabelEvidence[], evidence: FlagEvidence): Map<string, FeatureFact> {
  return new Map(rows.map((row) => [row.feature, judge(row, evidence)]));
}

function judge(row: LabelEvidence, { stateOf, intelBareMetal }: FlagEvidence): FeatureFact {
  const state = stateOf(row.label);
  const unknown = (why: string): FeatureFact => ({ presence: 'unknown', source: why });
  if (state.kind === 'unknown') return unknown(state.source);
  if (state.kind === 'shown') {
    const proves = row.present === 'proves' && (row.presentOn === undefined || intelBareMetal);
    return proves ? { presence: 'present', source: state.source } : unknown(`${state.source} does not prove it: ${row.why}`);
  }
  const witnessed = (row.absentWith ?? []).every((list) => list.some((label) => stateOf(label).kind === 'shown'));
  return row.absent === 'proves' && witnessed
    ? { presence: 'absent', source: state.source }
    : unknown(`${state.source}, which does not prove it: ${row.why}`);
}
