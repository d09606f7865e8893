/** Gate `runsc-version`: the image was saved by the same version of runsc. */
import { defineGate, fail, type GateAnswer, notApplicable, notChecked, pass, reason, unknown } from '../gate.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { Rules } from '../rules.ts';
import { parseRunscVersion, versionString, versionText } from '../runsc-version.ts';
import { namesDate, relationToSaver } from '../same-release.ts';

const ORDER = 17;

type Facts = Pick<ImageFacts, 'runscVersion' | 'typesRelease'>;

/**
 * Compares version strings as runsc does since 2024-10-28. For an older restoring runsc, which compares nothing, the gate passes
 * when the versions are the same or the types of the image are those of that release or, for a build between releases, of the one
 * beside it; else it does not apply, and the gate `object-graph` decides.
 *
 * @see gVisor runsc/boot/controller.go: containerManager.Restore; runsc/boot/loader.go: popVersionFromCheckpoint (until 2025-03-12)
 */
export const runscVersion = defineGate('runsc-version', ['runscVersion', 'typesRelease'], (image, _host, rules): GateAnswer => {
  const restoring = rules.restoring === null ? null : versionText(rules.restoring);
  if (restoring === null || restoring === '') {
    const details = { image: image.runscVersion?.value ?? null };
    return notChecked(reason('CKPT1303', ORDER, 'the version of the restoring runsc was not given', details));
  }
  if (!rules.has('version-in-kernel')) return ungated(image, restoring, rules);

  const expectedIn = rules.has('version-in-header') ? 'header' : 'kernel';
  const parsed = parseRunscVersion(restoring);
  const current = parsed === null ? restoring : versionString(parsed);
  if (image.runscVersion === null || image.runscVersion.from !== expectedIn) {
    const details = { expectedIn, foundIn: image.runscVersion?.from ?? null, host: restoring } as const;
    const because = reason(
      'CKPT1302',
      ORDER,
      `the image names no version of runsc in its ${expectedIn}, and this runsc compares`,
      details,
    );
    // In the kernel graph a missing version makes runsc panic; what its caller sees is only that the sandbox is gone.
    return fail(because, rules, expectedIn === 'header' ? mismatch('', current) : null);
  }
  return gated(image.runscVersion.value, restoring, current, rules);
});

function gated(saved: string, restoring: string, current: string, rules: Rules): GateAnswer {
  const details = { image: saved, host: restoring };
  const savedVersion = parseRunscVersion(saved);
  const restoringVersion = parseRunscVersion(restoring);
  if (saved === current) {
    if (savedVersion !== null) return pass();
    return unknown(reason('CKPT1305', ORDER, `both versions are ${JSON.stringify(saved)}, which names no release`, details));
  }
  if (restoringVersion?.bareDate === true) {
    if (savedVersion === null) {
      return unknown(
        reason('CKPT1305', ORDER, `the image's version ${JSON.stringify(saved)} cannot be compared with a date`, details),
      );
    }
    if (namesDate(saved, restoringVersion.date)) return pass();
  }
  return fail(
    reason('CKPT1301', ORDER, `saved by runsc ${saved}, to be restored by ${restoring}`, details),
    rules,
    mismatch(saved, current),
  );
}

/** A restoring runsc from before the comparison of versions. */
function ungated(image: Facts, restoring: string, rules: Rules): GateAnswer {
  const relation = relationToSaver(image, restoring);
  if (relation === 'same') return pass();
  const types = image.typesRelease;
  if (relation === 'beside' && types !== null) {
    const near = { host: restoring, typesFrom: types.first, typesTo: types.last };
    const text = `runsc ${rules.release} lies beside ${range(types.first, types.last)}, whose types the image has: assumed to be the same`;
    return pass(reason('CKPT1306', ORDER, text, near));
  }
  const saved = image.runscVersion?.value ?? null;
  const details = { image: saved, host: restoring, typesFrom: types?.first ?? null, typesTo: types?.last ?? null };
  const by = saved ?? (types === null ? 'an unknown version' : `a runsc of ${range(types.first, types.last)}`);
  const message = `runsc ${rules.release} compares no versions, and the image was saved by ${by}: whether the saved types fit decides`;
  return notApplicable(reason('CKPT1304', ORDER, message, details));
}

function range(first: string, last: string): string {
  return first === last ? first : `${first} to ${last}`;
}

function mismatch(saved: string, current: string): string {
  return `runsc version does not match across checkpoint restore, checkpoint: ${saved} current: ${current}`;
}
