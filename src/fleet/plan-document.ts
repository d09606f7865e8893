/** The result of `plan`: a plain, versioned value. */
import type { Arch, Impact } from '../cpu/feature.ts';
import type { CheckError, GateId } from '../restore/result.ts';

export const PLAN_SCHEMA = 'ckpt/plan@1';

/** `C1`: a class of hosts; `I1`: a group of images. Within one document. */
type ClassId = string;
type ImageId = string;

/** How the fleet is off: `stranded` when an image restores nowhere, or a host has no image; `undecided` when that is not known. */
export type PlanAnswer = 'covered' | 'stranded' | 'undecided';

export interface PlanDocument {
  readonly schema: typeof PLAN_SCHEMA;
  readonly tool: { readonly name: 'ckpt'; readonly version: string };
  /** Of the images on the hosts; without images null. */
  readonly answer: PlanAnswer | null;
  /** The version of runsc that was given for all, or null. */
  readonly runscVersion: string | null;
  /** Machines, descriptions of them, images. */
  readonly counts: { readonly hosts: number; readonly descriptions: number; readonly images: number };
  readonly classes: readonly PlanClass[];
  readonly newImages: NewImages;
  readonly levelling: readonly Levelling[];
  readonly blockers: readonly Blocker[];
  /** Null when no image was named, or none could be read. */
  readonly images: PlanImages | null;
  readonly drift: Drift | null;
  readonly notes: readonly string[];
  readonly errors: readonly CheckError[];
}

/** Hosts that no image can tell apart. */
export interface PlanClass {
  readonly id: ClassId;
  /** Microarchitecture, else the brand of the CPU, else null. */
  readonly cpu: string | null;
  readonly arch: Arch;
  /** Machines. */
  readonly hosts: number;
  /** As they were named, in the order given. */
  readonly names: readonly string[];
  readonly evidence: 'exact' | 'partial';
  /** How many compared features are there. */
  readonly features: number;
  readonly unknownFeatures: readonly string[];
  readonly cacheLine: number | null;
  readonly xcr0: string | null;
  readonly pageSize: number | null;
  readonly runscVersion: string | null;
  /** Whether the machines of the class are proven to restore one another's images. */
  readonly restoresOwn: boolean;
  /** Other classes on which images that are saved here are proven to restore; null where there are too many classes to list them. */
  readonly restoresOn: readonly ClassId[] | null;
}

/** Images that are still to be taken: the least number that covers the fleet. */
export interface NewImages {
  readonly atMost: number;
  readonly atLeast: number;
  /** `atMost` images are the fewest that there can be. */
  readonly optimal: boolean;
  readonly take: readonly { readonly on: ClassId; readonly covers: readonly ClassId[]; readonly hosts: number }[];
  /** The most machines that were found for a number of images, and on which classes those are taken. */
  readonly best: readonly { readonly images: number; readonly on: readonly ClassId[]; readonly hosts: number }[];
  /** Machines for which no image is proven to restore. */
  readonly unproven: { readonly classes: readonly ClassId[]; readonly hosts: number };
}

/** Machines that one image would cover, were its sandbox started with what they all have. */
export interface Levelling {
  readonly arch: Arch;
  readonly cacheLine: number | null;
  readonly runscVersion: string | null;
  readonly classes: readonly ClassId[];
  readonly hosts: number;
  /** How many features all of them are known to have. */
  readonly features: number;
  /** The class that gives up most. */
  readonly mostLost: { readonly class: ClassId; readonly features: number };
}

/** Features that some hosts have and the same others lack: who keeps the level of the fleet down. */
export interface Blocker {
  readonly arch: Arch;
  readonly features: readonly { readonly name: string; readonly impact: Impact }[];
  readonly lackedBy: readonly ClassId[];
  readonly unknownOn: readonly ClassId[];
  /** Machines of these classes. */
  readonly hosts: number;
}

/** What existing images cover. */
export interface PlanImages {
  readonly groups: readonly PlanImage[];
  /** One row for each group; null where there would be too many answers to list. */
  readonly matrix: readonly MatrixRow[] | null;
  /** Images that restore on no host. */
  readonly strandedImages: readonly { readonly image: ImageId; readonly undecided: boolean }[];
  /** Classes on which no image restores. */
  readonly strandedHosts: readonly { readonly class: ClassId; readonly undecided: boolean }[];
  /** Images that restore only where another one does as well. */
  readonly redundant: readonly { readonly image: ImageId; readonly within: ImageId }[];
  /** The fewest images that restore wherever one does. */
  readonly fewest: {
    readonly atMost: number;
    readonly atLeast: number;
    readonly optimal: boolean;
    readonly images: readonly ImageId[];
    readonly hosts: number;
  };
}

/** Images that get the same answer from every host of the fleet. */
export interface PlanImage {
  readonly id: ImageId;
  readonly paths: readonly string[];
  readonly kind: 'sandbox' | 'fscheckpoint';
  readonly arch: Arch | null;
  readonly runscVersion: string | null;
  /** How many features the image requires. */
  readonly requires: number;
  /** Machines by verdict. */
  readonly hosts: { readonly restorable: number; readonly unknown: number; readonly blocked: number };
}

export interface MatrixRow {
  readonly image: ImageId;
  readonly restorable: readonly ClassId[];
  readonly unknown: readonly {
    readonly classes: readonly ClassId[];
    readonly features: readonly string[];
    readonly gates: readonly GateId[];
  }[];
  readonly blocked: readonly {
    readonly classes: readonly ClassId[];
    readonly firstFailure: GateId | null;
    readonly missing: readonly string[];
  }[];
}

/** What changed between two descriptions of the fleet, and what that strands. */
export interface Drift {
  readonly answer: PlanAnswer;
  readonly hosts: { readonly before: number; readonly after: number; readonly unchanged: number };
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Hosts that changed, in groups of the same change. */
  readonly changes: readonly DriftChange[];
  /** Pairs of an image and a host that is there before and after. */
  readonly pairs: {
    readonly restorableBefore: number;
    readonly nowBlocked: number;
    readonly nowUnknown: number;
    readonly newlyRestorable: number;
  };
  /** Images that restored on some host before and restore on none now. */
  readonly strandedImages: readonly { readonly paths: readonly string[]; readonly undecided: boolean }[];
}

export interface DriftChange {
  readonly hosts: readonly string[];
  /** Features in feature-number order. `unclear`: known before or after, and not on the other side. */
  readonly lost: readonly string[];
  readonly gained: readonly string[];
  readonly unclear: readonly string[];
  readonly facts: readonly {
    readonly fact: string;
    readonly before: string | number | boolean | null;
    readonly after: string | number | boolean | null;
  }[];
  /** Whether an image that the host saved before restores on it now. */
  readonly ownImages: 'restorable' | 'blocked' | 'unknown';
  /** Paths of images that restored on these hosts before and are refused, or open, now. */
  readonly nowBlocked: readonly string[];
  readonly nowUnknown: readonly string[];
}
