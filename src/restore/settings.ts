/** What the caller says about the restore: how the new sandbox is set up. Everything may be unknown. */
import type { GoStruct } from '../oci/go-value.ts';

/** The values of runsc's `--restore-spec-validation`. */
export type SpecPolicy = 'enforce' | 'warning' | 'ignore';

/** The values of runsc's `--network`. */
export type NetworkMode = 'sandbox' | 'none' | 'host' | 'plugin';

/** An address, perhaps with the length of its network's prefix. */
export interface IpPrefix {
  /** 4 or 16. */
  readonly bytes: Uint8Array;
  /** Bits; null when it was not said. */
  readonly length: number | null;
}

/** The network that a new sandbox gets from its host. */
export interface GivenNetwork {
  /** Addresses of each interface that is up, in the order of the host's interfaces; without the loopback interface. */
  readonly interfaces: readonly (readonly IpPrefix[])[];
  /** Destinations of the routes beside those to the interfaces' own networks; empty when nothing was said of them. */
  readonly routes: readonly IpPrefix[];
}

/** The spec of one container of the new sandbox. */
export interface GivenSpec {
  /** The file as it was named. */
  readonly source: string;
  /** The container that the caller says it is for, or null. */
  readonly name: string | null;
  readonly spec: GoStruct;
}

/** What is known of the new sandbox. */
export interface RestoreSettings {
  /** Specs in the order in which their containers are restored; null for one that could not be read. */
  readonly specs: readonly (GivenSpec | null)[];
  /** What to do about specs that differ; null for the default. */
  readonly specPolicy: SpecPolicy | null;
  readonly network: NetworkMode | null;
  /** Null: nothing is known of it. */
  readonly addresses: GivenNetwork | null;
  /** Version of the NVIDIA driver as runsc compares it (`550.54.15`), or null. */
  readonly nvidiaDriver: string | null;
  /** How many GPUs and TPUs the new containers get, or null. */
  readonly gpus: number | null;
  readonly tpus: number | null;
}

/** Nothing is known of the new sandbox. */
export const NO_SETTINGS: RestoreSettings = {
  specs: [],
  specPolicy: null,
  network: null,
  addresses: null,
  nvidiaDriver: null,
  gpus: null,
  tpus: null,
};
