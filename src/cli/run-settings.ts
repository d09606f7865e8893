/** What a run goes by: flags before the environment, the environment before the configuration. */
import { type OpenedConfig, openConfig } from '../config.ts';
import type { ProcessIo } from '../io/process-io.ts';
import type { Limits } from '../limits.ts';
import type { GateId } from '../restore/result.ts';
import type { OnUnknown } from '../restore/verdict.ts';
import { GATE_NAMES, ON_UNKNOWN_NAMES, oneOf, wordsOf } from './option-values.ts';

/** What was said on the command line; null: nothing. */
export interface GivenSettings {
  /** The configuration file; null: the one that is found, false: none. */
  readonly config: string | false | null;
  readonly runscVersion: string | null;
  readonly require: readonly GateId[] | null;
  readonly onUnknown: OnUnknown | null;
  readonly limits: Limits;
}

export interface RunSettings {
  readonly config: OpenedConfig | null;
  /** Hosts of the environment, else of the configuration; null: neither names any. */
  readonly hosts: readonly string[] | null;
  readonly runscVersion: string | null;
  readonly require: readonly GateId[];
  readonly onUnknown: OnUnknown;
}

/** @throws UsageError for a variable or a configuration that is not in order; CkptError for a configuration that cannot be read */
export async function runSettings(given: GivenSettings, io: ProcessIo): Promise<RunSettings> {
  const config =
    given.config === false
      ? null
      : await openConfig({ file: given.config ?? io.env('CKPT_CONFIG') ?? null, limits: given.limits });
  const require = io.env('CKPT_REQUIRE');
  const onUnknown = io.env('CKPT_ON_UNKNOWN');
  return {
    config,
    hosts: io.env('CKPT_HOST')?.split(',') ?? config?.hosts ?? null,
    runscVersion: given.runscVersion ?? io.env('CKPT_RUNSC_VERSION') ?? config?.runscVersion ?? null,
    require:
      given.require ?? (require === undefined ? null : wordsOf(require, GATE_NAMES, 'CKPT_REQUIRE')) ?? config?.require ?? [],
    onUnknown:
      given.onUnknown ??
      (onUnknown === undefined ? null : oneOf(onUnknown, ON_UNKNOWN_NAMES, 'CKPT_ON_UNKNOWN')) ??
      config?.onUnknown ??
      'fail',
  };
}
