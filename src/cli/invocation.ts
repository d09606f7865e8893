/** What a command line asks for, once it is understood. */
import type { Section } from '../inspect-document.ts';
import type { Limits } from '../limits.ts';
import type { GateId } from '../restore/result.ts';
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
  /** null: every section. */
  readonly sections: readonly Section[] | null;
  readonly all: boolean;
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
  | TextInvocation;
