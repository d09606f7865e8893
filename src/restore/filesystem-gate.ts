/** What a gate of a filesystem checkpoint is: a pure function of checkpoint, host and rules. */
import type { FilesystemCheckpoint } from '../filesystem/filesystem-checkpoint.ts';
import { MANIFEST_FILES } from '../filesystem/manifest.ts';
import type { Host } from '../host/host.ts';
import type { GateAnswer } from './gate.ts';
import type { FilesystemGateId } from './gate-ids.ts';
import type { Rules } from './rules.ts';

/** Numbers of the conditions in the order in which runsc comes to them; see docs/filesystem-checkpoints.md. */
export const FILESYSTEM_ORDER = {
  flag: 101,
  manifestFile: 102,
  otherFiles: 103,
  decode: 104,
  version: 105,
  runscVersion: 106,
  pageSize: 107,
  endianness: 108,
  metadataRange: 109,
  metadata: 110,
  tarRange: 111,
  tree: 112,
  pages: 113,
} as const;

/** The manifest is there and was read. */
export type ReadCheckpoint = FilesystemCheckpoint & { readonly manifest: NonNullable<FilesystemCheckpoint['manifest']> };

/** One gate. `needsManifest`: it says nothing of a checkpoint whose manifest cannot be read. */
export type FilesystemGate =
  | {
      readonly id: FilesystemGateId;
      readonly needsManifest: true;
      readonly check: (checkpoint: ReadCheckpoint, host: Host, rules: Rules) => GateAnswer;
    }
  | {
      readonly id: FilesystemGateId;
      readonly needsManifest: false;
      readonly check: (checkpoint: FilesystemCheckpoint, host: Host, rules: Rules) => GateAnswer;
    };

/** The manifest that a release reads. */
export function manifestOf(rules: Rules): (typeof MANIFEST_FILES)[keyof typeof MANIFEST_FILES] {
  return MANIFEST_FILES[rules.has('fscheckpoint-protobuf') ? 'protobuf' : 'json'];
}

/** A file of the image as runsc names it. */
export function pathIn({ path, prefix }: FilesystemCheckpoint, name: string): string {
  return `${path.replace(/\/+$/, '')}/${prefix}${name}`;
}
