/** Gate `runsc-version` of a filesystem checkpoint: until 2026-08-10 it must have been made by the same version of runsc. */
import { FILESYSTEM_ORDER, type FilesystemGate } from '../filesystem-gate.ts';
import { fail, notApplicable, notChecked, pass, reason, unknown } from '../gate.ts';
import { quoted } from '../go-syntax.ts';
import { parseRunscVersion, versionString, versionText } from '../runsc-version.ts';
import { namesDate } from '../same-release.ts';

const ORDER = FILESYSTEM_ORDER.runscVersion;

/** @see gVisor runsc/boot/fscheckpoint.go: startFSRestore, until 8bd698e1e (2026-08-10) */
export const fsRunscVersion: FilesystemGate = {
  id: 'runsc-version',
  needsManifest: true,
  check: ({ manifest }, _host, rules) => {
    if (!rules.has('fscheckpoint') || rules.has('fscheckpoint-protobuf')) return notApplicable();
    const saved = manifest.runscVersion;
    const restoring = rules.restoring === null ? '' : versionText(rules.restoring);
    if (restoring === '')
      return notChecked(reason('CKPT1303', ORDER, 'the version of the restoring runsc was not given', { image: saved }));
    const version = parseRunscVersion(restoring);
    const current = version === null ? restoring : versionString(version);
    const details = { image: saved, host: restoring };
    const comparable = parseRunscVersion(saved) !== null;
    if (saved === current ? !comparable : version?.bareDate === true && !comparable)
      return unknown(reason('CKPT1305', ORDER, `the image's version ${JSON.stringify(saved)} names no release`, details));
    if (saved === current || (version?.bareDate === true && namesDate(saved, version.date))) return pass();
    const because = reason('CKPT1301', ORDER, `saved by runsc ${saved}, to be restored by ${restoring}`, details);
    const error = `filesystem checkpoint runsc version ${quoted(saved)} does not match current runsc version ${quoted(current)}`;
    return fail(because, rules, error);
  },
};
