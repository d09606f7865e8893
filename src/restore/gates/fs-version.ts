/** Gate `fs-version`: the restoring runsc knows filesystem checkpoints, and this version of the manifest. */
import { MANIFEST_FILES } from '../../filesystem/manifest.ts';
import { FILESYSTEM_ORDER, type FilesystemGate, manifestOf, pathIn } from '../filesystem-gate.ts';
import { fail, pass, reason, unknown } from '../gate.ts';

/** Newest versions: of JSON, and of protobuf. */
const NEWEST = { json: 0, protobuf: 1 } as const;

/** @see gVisor runsc/cmd/create.go; runsc/sandbox/sandbox.go: openFSCheckpointLocalFiles; runsc/boot/fscheckpoint.go: startFSRestore */
export const fsVersion: FilesystemGate = {
  id: 'fs-version',
  needsManifest: false,
  check: (checkpoint, _host, rules) => {
    const { encoding, manifest, otherManifest } = checkpoint;
    if (!rules.has('fscheckpoint')) {
      const message = `runsc ${rules.release} knows no filesystem checkpoints`;
      const because = reason('CKPT1901', FILESYSTEM_ORDER.flag, message, { rules: rules.release });
      return fail(because, rules, 'flag provided but not defined: -fs-restore-image-path');
    }
    const reads = manifestOf(rules);
    const found = MANIFEST_FILES[encoding];
    if (found !== reads && otherManifest) {
      const details = { rules: rules.release, reads };
      const message = `runsc ${rules.release} reads ${reads}, and ${found} beside it was read instead`;
      return unknown(reason('CKPT1904', FILESYSTEM_ORDER.manifestFile, message, details));
    }
    if (found !== reads) {
      const path = pathIn(checkpoint, reads);
      const message = `runsc ${rules.release} reads ${reads}, and the manifest is ${found}`;
      const because = reason('CKPT1902', FILESYSTEM_ORDER.manifestFile, message, { rules: rules.release, reads, found });
      return fail(because, rules, `opening manifest file "${path}": open ${path}: no such file or directory`);
    }
    if (manifest === null) {
      const code = checkpoint.problems.find(({ part }) => part === 'manifest')?.error.code ?? 'bad-metadata';
      return unknown(reason('CKPT1009', FILESYSTEM_ORDER.decode, 'not decided: the manifest could not be read', { code }));
    }
    const newest = NEWEST[encoding];
    if (manifest.version <= BigInt(newest)) return pass();
    const version = manifest.version.toString();
    const message = `the manifest is of version ${version}, and runsc ${rules.release} knows none above ${newest}`;
    const because = reason('CKPT1903', FILESYSTEM_ORDER.version, message, { version, newest });
    return fail(because, rules, `unsupported filesystem checkpoint version: ${version}`);
  },
};
