/** The part of gate `pages` that looks at split checkpoints: file systems whose pages are in the folder fs/. */
import { fail, type GateAnswer, pass, reason, unknown } from '../gate.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { Rules } from '../rules.ts';
import { parseRunscVersion } from '../runsc-version.ts';

/** Where private memory files are compared: in the stream of checkpoint.img, or with pages_meta.img after the kernel. */
const INLINE = 35;
const SEPARATE = 43;

/** 87af54635 took the restore of split checkpoints back: its date, and commits after release-20260817.0. */
const TAKEN_BACK = { date: '20260819', distance: 22 } as const;

/**
 * Whether the restoring runsc can restore the image; how it would be asked to is not known.
 *
 * @see gVisor pkg/sentry/kernel/kernel_restore.go: loadPrivateMemoryFiles; runsc/cmd/restore.go (860e747b8 to 87af54635)
 */
export function splitAnswer({ apart = [], place }: ImageFacts['pages'], rules: Rules): GateAnswer {
  if (apart.length === 0) return pass();
  const order = place === 'inline' ? INLINE : SEPARATE;
  const names = apart.join(', ');
  if (canRestore(rules)) {
    const message = `the pages of ${names} are in the folder fs/: runsc needs --split-fsrestore, which is not known to be given`;
    return unknown(reason('CKPT1955', order, message, { owners: apart }));
  }
  const message = `the pages of ${names} are in the folder fs/, and runsc ${rules.release} restores no such image`;
  // The message of runsc holds addresses of its memory.
  return fail(reason('CKPT1956', order, message, { owners: apart, rules: rules.release }), rules, null);
}

function canRestore(rules: Rules): boolean {
  if (rules.newerThanKnown) return true;
  const behindTag = parseRunscVersion(rules.release)?.commitsAfter ?? 0;
  return (
    rules.has('split-fscheckpoint') &&
    rules.date < TAKEN_BACK.date &&
    !(rules.date >= '20260814' && behindTag >= TAKEN_BACK.distance)
  );
}
