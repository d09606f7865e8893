/** What a configuration file says: which pairs are checked, and what is made of the findings. */
import type { Finding, Waiver } from '../restore/finding.ts';
import type { GateId } from '../restore/gate-ids.ts';
import type { ReasonCode } from '../restore/reasons.ts';
import type { OnUnknown } from '../restore/verdict.ts';

/** Which findings a rule or a waiver is about: those that fit every key that is given; within a key one of its values is enough. */
export interface Selector {
  readonly gates: readonly GateId[] | null;
  readonly codes: readonly ReasonCode[] | null;
  /** gVisor's names. */
  readonly features: readonly string[] | null;
  readonly impacts: readonly NonNullable<Finding['impact']>[] | null;
  readonly outcomes: readonly Finding['outcome'][] | null;
  /** Whether the path of an image, seen from the directory of the configuration, or the name of a host is meant; null: all are. */
  readonly images: NameTest | null;
  readonly hosts: NameTest | null;
}

export type NameTest = (name: string) => boolean;

export interface Rule {
  readonly selector: Selector;
  readonly action: 'block' | 'warn' | 'ignore';
  readonly reason: string | null;
  /** Where it stands, for notes: `ckpt.yaml:12`. */
  readonly place: string;
}

export interface WaiverRule extends Waiver {
  readonly selector: Selector;
  readonly place: string;
}

export interface Config {
  /** The file as it is shown. */
  readonly file: string;
  /** The directory that its paths start from; absolute. */
  readonly directory: string;
  /** Patterns of images and places of hosts, relative to {@link Config.directory}; null: not said. */
  readonly images: readonly string[] | null;
  readonly hosts: readonly string[] | null;
  readonly runscVersion: string | null;
  readonly require: readonly GateId[] | null;
  readonly onUnknown: OnUnknown | null;
  readonly rules: readonly Rule[];
  readonly waivers: readonly WaiverRule[];
  /** The file of accepted findings, relative to {@link Config.directory}, or null. */
  readonly baseline: string | null;
}
