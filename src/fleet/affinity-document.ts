/** The document `ckpt/affinity@1`: what a host needs for an image, in the words of a scheduler. */
import type { Arch, Impact } from '../cpu/feature.ts';
import type { CheckedImage, GateId, GateOutcome, RulesUsed } from '../restore/result.ts';

export const AFFINITY_SCHEMA = 'ckpt/affinity@1';

/** Whose labels are asked for. */
export type LabelVocabulary = 'nfd' | 'gvisor' | 'kubevirt';

/** What the constraints are written as. */
export type AffinityForm = 'node-affinity' | 'node-selector' | 'deployment-patch' | 'node-feature-rule' | 'image-compatibility';

/** One thing that a restore asks of a host. */
export interface Requirement {
  readonly kind: 'arch' | 'feature' | 'cache-line' | 'use-xsave' | 'state' | 'mxcsr' | 'page-size' | 'runsc-version';
  /** gVisor's name of the feature, name of the state, bytes, bit, version. */
  readonly name: string;
  /** Of a feature that gVisor's table has, else null. */
  readonly impact: Impact | null;
}

/** One condition on the labels of a node. */
export interface Constraint {
  readonly key: string;
  readonly operator: 'In';
  readonly values: readonly string[];
  /** What is asked for with it. */
  readonly for: readonly Requirement[];
}

/** A requirement that the constraints do not make certain. */
export interface Gap extends Requirement {
  /** A label that is asked for and does not prove it, or that could be asked for and is not; null when there is none. */
  readonly label: string | null;
  /** Whether the constraints ask for that label. */
  readonly asked: boolean;
  /** The label exists, and Node Feature Discovery is configured by default not to make it. */
  readonly denied: boolean;
  readonly why: string;
}

/** What the gates about a CPU require. */
export interface RequiredCpu {
  readonly arch: Arch;
  readonly features: readonly { readonly name: string; readonly impact: Impact | null }[];
  /** Bytes; null where any will do. */
  readonly cacheLine: number | null;
  readonly useXsave: boolean;
  /** Names of the XSAVE states that threads hold, beyond x87 and SSE. */
  readonly states: readonly string[];
  /** Bits of MXCSR that not every CPU accepts. */
  readonly mxcsrBits: readonly number[];
  /** Bytes; null where any will do. */
  readonly pageSize: number | null;
  readonly runscVersion: string | null;
}

export interface AffinityDocument {
  readonly schema: typeof AFFINITY_SCHEMA;
  readonly tool: { readonly name: 'ckpt'; readonly version: string };
  readonly image: CheckedImage;
  readonly rules: RulesUsed;
  readonly labels: LabelVocabulary;
  readonly form: AffinityForm;
  /** What the objects and the label of a rule are called. */
  readonly name: string;
  /** The label that a NodeFeatureRule gives to nodes; null in other forms. */
  readonly ruleLabel: string | null;
  /** `nowhere`: the image or the restoring runsc is at fault, so that no host can restore it. */
  readonly verdict: 'depends' | 'nowhere';
  /** Why nowhere; empty otherwise. */
  readonly reasons: readonly { readonly gate: GateId; readonly code: string; readonly message: string }[];
  /** Null when it could not be read out of the image. */
  readonly requires: RequiredCpu | null;
  readonly constraints: readonly Constraint[];
  readonly gaps: readonly Gap[];
  /** What to know about these labels. */
  readonly notes: readonly string[];
  /** What else `check` looks at and no label says. */
  readonly notCovered: readonly { readonly gate: GateId; readonly outcome: GateOutcome; readonly message: string }[];
  /** The object to apply; null when the verdict is `nowhere`. */
  readonly manifest: Manifest | null;
}

/** An object for Kubernetes, as plain data. */
export type Manifest = { readonly [key: string]: ManifestValue };
export type ManifestValue = string | number | boolean | readonly ManifestValue[] | Manifest;
