/** What a command line asks for, once it is understood. */
import type { AffinityForm, LabelVocabulary } from '../fleet/affinity-document.ts';
import type { Section } from '../inspection/document.ts';
import type { Limits } from '../limits.ts';
import type { SnippetKind } from '../report/baseline-snippets.ts';
import type { GateId } from '../restore/result.ts';
import type { NetworkMode, SpecPolicy } from '../restore/settings.ts';
import type { OnUnknown } from '../restore/verdict.ts';

/** Every format; which ones a command has stands in its description. */
export type Format = 'text' | 'json' | 'table' | 'markdown' | 'sarif' | 'junit' | 'github';

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** A document in one format and the file that gets it; null is standard output. */
export interface Destination {
  readonly format: Format;
  readonly file: string | null;
}

/** What every command that prints a document takes. */
export interface OutputOptions {
  /** The first is the command's own output, the others those of `--also`. */
  readonly destinations: readonly [Destination, ...Destination[]];
  readonly color: ColorChoice;
}

export interface InspectInvocation extends OutputOptions {
  readonly command: 'inspect';
  readonly image: string;
  /** null: what suits the format. */
  readonly sections: readonly Section[] | null;
  readonly all: boolean;
  readonly pid: number | null;
  readonly container: string | null;
  readonly showEnv: boolean;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface CheckInvocation extends OutputOptions {
  readonly command: 'check';
  /** Empty: those of the configuration, else what is here. */
  readonly images: readonly string[];
  /** Empty: those of the environment or the configuration, else this machine. */
  readonly hosts: readonly string[];
  readonly runscVersion: string | null;
  readonly specs: readonly string[];
  /** What is said of the new sandbox; null: nothing. */
  readonly specPolicy: SpecPolicy | null;
  readonly network: NetworkMode | null;
  /** Addresses by interface, and routes, as they were written. */
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly nvidiaDriver: string | null;
  readonly gpus: number | null;
  readonly tpus: number | null;
  /** Directories of root file systems and of mounts, as they were named. */
  readonly rootfs: readonly string[];
  readonly mounts: readonly string[];
  readonly runsc: 'auto' | 'never';
  readonly probe: boolean;
  readonly keyFile: string | null;
  /** null: not said on the command line. */
  readonly require: readonly GateId[] | null;
  readonly onUnknown: OnUnknown | null;
  /** The configuration file; null: the one that is found, false: none. */
  readonly config: string | false | null;
  /** The file of accepted findings, or null. */
  readonly baseline: string | null;
  readonly baselineWrite: boolean;
  readonly quiet: boolean;
  readonly details: boolean;
  readonly limits: Limits;
}

interface HostOptions {
  readonly runsc: 'auto' | 'never';
  readonly probe: boolean;
  readonly limits: Limits;
}

export interface HostShowInvocation extends OutputOptions, HostOptions {
  readonly command: 'host show';
  readonly hosts: readonly string[];
  readonly leaves: boolean;
  readonly all: boolean;
}

export interface HostCaptureInvocation extends HostOptions {
  readonly command: 'host capture';
  readonly host: string;
  readonly file: string | null;
}

export interface HostProbeInvocation {
  readonly command: 'host probe';
  readonly file: string | null;
}

export interface HostLabelsInvocation extends OutputOptions, HostOptions {
  readonly command: 'host labels';
  readonly hosts: readonly string[];
}

export interface HostListInvocation extends OutputOptions {
  readonly command: 'host list';
  /** What the listed models must hold. */
  readonly words: readonly string[];
}

export interface HostDiffInvocation extends OutputOptions, HostOptions {
  readonly command: 'host diff';
  readonly a: string;
  readonly b: string;
}

/** What every question to the object graphs takes. */
interface StateInvocationOptions extends OutputOptions {
  readonly image: string;
  readonly all: boolean;
  readonly showEnv: boolean;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface StateDumpInvocation {
  readonly command: 'state dump';
  readonly image: string;
  readonly html: boolean;
  /** null: standard output. */
  readonly file: string | null;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface StateTypesInvocation extends StateInvocationOptions {
  readonly command: 'state types';
}

export interface StateGetInvocation extends StateInvocationOptions {
  readonly command: 'state get';
  readonly path: string;
  /** Levels that are opened; null: as many as is usual. */
  readonly depth: number | null;
}

export interface StateFindInvocation extends StateInvocationOptions {
  readonly command: 'state find';
  readonly type: string;
  readonly where: readonly string[];
  readonly show: readonly string[];
  readonly depth: number | null;
}

export interface StateTreeInvocation extends StateInvocationOptions {
  readonly command: 'state tree';
  readonly path: string;
  readonly depth: number | null;
}

export interface StateSchemaInvocation extends OutputOptions {
  readonly command: 'state schema';
  readonly image: string;
  /** A version of runsc to compare with, or null. */
  readonly against: string | null;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface DiffInvocation extends OutputOptions {
  readonly command: 'diff';
  readonly a: string;
  readonly b: string;
  readonly showEnv: boolean;
  readonly all: boolean;
  /** Answer 1 when they differ. */
  readonly exitCode: boolean;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface PagesInvocation extends OutputOptions {
  readonly command: 'pages';
  readonly images: readonly string[];
  readonly scan: boolean;
  readonly map: boolean;
  readonly all: boolean;
  /** null: as many as suit the machine. */
  readonly threads: number | null;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

/** What is taken out of an image. */
export type ExtractAction = 'list' | 'archive' | 'directory' | 'memory' | 'spec';

export interface ExtractInvocation extends OutputOptions {
  readonly command: 'extract';
  readonly image: string;
  readonly action: ExtractAction;
  /** What is written: `-` is standard output, null when nothing was named. */
  readonly file: string | null;
  readonly directory: string | null;
  /** Of `memory`. */
  readonly pid: number | null;
  readonly container: string | null;
  readonly paths: readonly string[];
  readonly whiteouts: 'keep' | 'oci' | 'drop';
  /** null: what the name says. */
  readonly compression: 'none' | 'gzip' | 'zstd' | null;
  readonly force: boolean;
  readonly devices: boolean;
  readonly preserve: boolean;
  readonly owners: boolean;
  readonly showEnv: boolean;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface VerifyInvocation extends OutputOptions {
  readonly command: 'verify';
  readonly images: readonly string[];
  /** Read all page data too. */
  readonly deep: boolean;
  readonly all: boolean;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface PackInvocation extends OutputOptions {
  readonly command: 'pack';
  readonly image: string;
  /** The archive; null is standard output. */
  readonly file: string | null;
  /** null: by the name of the file. */
  readonly compression: 'none' | 'gzip' | 'zstd' | null;
  readonly force: boolean;
  readonly limits: Limits;
}

export interface PlanInvocation extends OutputOptions {
  readonly command: 'plan';
  /** null: none were named. */
  readonly images: readonly string[] | null;
  readonly hosts: readonly string[] | null;
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
  readonly weights: readonly { readonly pattern: string; readonly machines: number }[];
  readonly assumeAlike: boolean;
  /** Answer 1 when something is stranded. */
  readonly exitCode: boolean;
  readonly runscVersion: string | null;
  readonly require: readonly GateId[] | null;
  readonly onUnknown: OnUnknown | null;
  readonly config: string | false | null;
  readonly all: boolean;
  readonly runsc: 'auto' | 'never';
  readonly probe: boolean;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface AffinityInvocation extends OutputOptions {
  readonly command: 'affinity';
  readonly image: string;
  readonly labels: LabelVocabulary;
  readonly form: AffinityForm;
  readonly denied: boolean;
  readonly requireVersion: boolean;
  /** null: made of the path. */
  readonly name: string | null;
  readonly runscVersion: string | null;
  readonly keyFile: string | null;
  readonly limits: Limits;
}

export interface ExplainInvocation extends OutputOptions {
  readonly command: 'explain';
  /** Names, lines of a log, or `-`. */
  readonly things: readonly string[];
  /** Logs. */
  readonly files: readonly string[];
  /** Every line and every part of what a log says. */
  readonly all: boolean;
}

/** What the level of hosts and the lints have in common. */
interface LevelInvocationOptions extends OutputOptions {
  readonly command: 'baseline';
  /** Empty: those of the environment or the configuration. */
  readonly hosts: readonly string[];
  readonly runscVersion: string | null;
  readonly config: string | false | null;
  readonly runsc: 'auto' | 'never';
  readonly probe: boolean;
  readonly limits: Limits;
}

export interface BaselineInvocation extends LevelInvocationOptions {
  readonly action: 'level';
  /** Only this is printed; null: everything. */
  readonly as: SnippetKind | null;
  /** The config.json to change, or null. */
  readonly write: string | null;
  readonly without: readonly string[];
}

export interface LintInvocation extends LevelInvocationOptions {
  readonly action: 'lint';
  readonly files: readonly string[];
}

/** Text that answers by itself: help, version. */
export interface TextInvocation {
  readonly command: 'text';
  readonly text: string;
}

export type Invocation =
  | BaselineInvocation
  | LintInvocation
  | InspectInvocation
  | CheckInvocation
  | HostShowInvocation
  | HostCaptureInvocation
  | HostProbeInvocation
  | HostDiffInvocation
  | HostLabelsInvocation
  | HostListInvocation
  | DiffInvocation
  | ExtractInvocation
  | PagesInvocation
  | VerifyInvocation
  | PackInvocation
  | AffinityInvocation
  | PlanInvocation
  | StateDumpInvocation
  | StateTypesInvocation
  | StateGetInvocation
  | StateFindInvocation
  | StateTreeInvocation
  | StateSchemaInvocation
  | ExplainInvocation
  | TextInvocation;
