/** What a command line asks for, once it is understood. */
import type { Section } from '../inspection/document.ts';
import type { Limits } from '../limits.ts';
import type { GateId } from '../restore/result.ts';
import type { NetworkMode, SpecPolicy } from '../restore/settings.ts';
import type { OnUnknown } from '../restore/verdict.ts';

export const FORMATS = ['text', 'json'] as const;
export type Format = (typeof FORMATS)[number];

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
  /** Empty: what is here. */
  readonly images: readonly string[];
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
  readonly require: readonly GateId[];
  readonly onUnknown: OnUnknown;
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

/** Text that answers by itself: help, version. */
export interface TextInvocation {
  readonly command: 'text';
  readonly text: string;
}

export type Invocation =
  | InspectInvocation
  | CheckInvocation
  | HostShowInvocation
  | HostCaptureInvocation
  | HostProbeInvocation
  | HostDiffInvocation
  | DiffInvocation
  | ExtractInvocation
  | PagesInvocation
  | VerifyInvocation
  | PackInvocation
  | StateDumpInvocation
  | StateTypesInvocation
  | StateGetInvocation
  | StateFindInvocation
  | StateTreeInvocation
  | StateSchemaInvocation
  | TextInvocation;
