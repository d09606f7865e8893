/** The document of `ckpt explain`. */

import type { ComparedFeature, UncomparedFeature } from './explain-feature.ts';
import type { StateAnswer } from './explain-state.ts';
import type { GateText } from './gate-texts.ts';
import type { CodeRef } from './log-finding.ts';
import type { LogReading } from './read-log.ts';

/** A CPU feature, on each architecture that has it. */
export interface FeatureAnswer {
  readonly kind: 'feature';
  readonly given: string;
  readonly features: readonly (ComparedFeature | UncomparedFeature)[];
}

/** A code of `ckpt check`: a reason, or advice. */
export interface ReasonAnswer {
  readonly kind: 'reason';
  readonly given: string;
  readonly code: string;
  readonly title: string;
  readonly gate: string;
  readonly meaning: string;
  readonly example: string | null;
  readonly remedy: string;
  readonly page: string;
}

export interface AdviceAnswer {
  readonly kind: 'advice';
  readonly given: string;
  readonly code: string;
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
  readonly evidence: string;
  readonly page: string;
}

/** A code of `ckpt baseline --lint`. */
export interface LintAnswer {
  readonly kind: 'lint';
  readonly given: string;
  readonly code: string;
  readonly severity: string;
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
  readonly page: string;
}

export interface GateAnswer extends GateText {
  readonly kind: 'gate';
  readonly given: string;
  readonly id: string;
  /** The reasons that it gives. */
  readonly reasons: readonly CodeRef[];
}

/** An error code of documents, or an exit code. */
export interface ErrorAnswer {
  readonly kind: 'error' | 'exit';
  readonly given: string;
  readonly code: string;
  readonly meaning: string;
}

/** A log, or a line of one. */
export interface LogAnswer extends LogReading {
  readonly kind: 'log';
  /** The file, `-` for standard input, or null for a line on the command line. */
  readonly source: string | null;
}

/** What nothing knows. */
export interface UnknownAnswer {
  readonly kind: 'unknown';
  readonly given: string;
  /** Names that are near, the nearest first. */
  readonly near: readonly string[];
  readonly hint: string | null;
}

export type NameAnswer = FeatureAnswer | ReasonAnswer | AdviceAnswer | LintAnswer | GateAnswer | ErrorAnswer | StateAnswer;
export type Answer = NameAnswer | LogAnswer | UnknownAnswer;
