/** Gate `network`: the networking of the new sandbox can be restored, and is of the kind that was saved. */
import { defineGate, fail, type GateAnswer, notApplicable, notChecked, pass, reason, unknown } from '../gate.ts';
import type { Rules } from '../rules.ts';
import type { NetworkMode } from '../settings.ts';
import { socketAnswers } from '../socket-answers.ts';

const REFUSED = 21;
const CHANGED = 22;
/** Images from before the key were never of host networking. */
const BEFORE_KEY = 'sandbox';

/**
 * Looks at the kind of networking, and at what saved sockets need of the new network. Where the kind is none that can be restored, or whose
 * effect is not known, the sockets are not looked at.
 */
export const network = defineGate('network', ['metadata', 'socketNeeds'], (image, _host, rules, settings): GateAnswer => {
  const mode = modeAnswer(image.metadata, rules, settings.network);
  if (mode.outcome === 'fail' || mode.outcome === 'unknown' || settings.network === 'host') return mode;
  const sockets = socketAnswers(image.socketNeeds, rules, settings);
  if (sockets.reasons.length === 0) return mode;
  const outcome = sockets.outcome === 'pass' && mode.outcome === 'not-checked' ? mode.outcome : sockets.outcome;
  return { ...sockets, outcome, reasons: [...mode.reasons, ...sockets.reasons] };
});

/**
 * Looks at runsc's `--network`. Since 2026-07-20 host networking can be restored, from images of host networking only; `none` and
 * `sandbox` are interchangeable. Since 2026-05-11 any other is refused; before, nothing was checked.
 *
 * @see gVisor runsc/boot/restore.go: restorer.restore
 */
function modeAnswer(metadata: ReadonlyMap<string, string>, rules: Rules, given: NetworkMode | null): GateAnswer {
  const isolated = given === 'sandbox' || given === 'none';
  if (!rules.has('hostinet-refused')) {
    if (given === null || isolated) return notApplicable();
    const message = `this runsc does not refuse ${given} networking at restore; what becomes of the image is not known`;
    return unknown(reason('CKPT1364', REFUSED, message, { network: given }));
  }
  const saved = metadata.get('network') ?? BEFORE_KEY;
  if (given === null) {
    const message = `the networking of the new sandbox was not given (--network); the image was saved with ${saved}`;
    return notChecked(reason('CKPT1363', CHANGED, message, { image: saved }));
  }
  if (!rules.has('network-saved')) {
    if (isolated) return pass();
    const because = reason('CKPT1361', REFUSED, `this runsc restores no ${given} networking`, { network: given });
    return fail(because, rules, 'checkpoint not supported when using hostinet');
  }
  if (given === 'plugin') {
    const because = reason('CKPT1361', REFUSED, 'runsc restores no plugin networking', { network: given });
    return fail(because, rules, 'checkpoint not supported when using plugin networking');
  }
  if ((saved === 'host') === (given === 'host')) return pass();
  const because = reason('CKPT1362', CHANGED, `the image was saved with ${saved} networking, and the new sandbox has ${given}`, {
    image: saved,
    network: given,
  });
  return fail(because, rules, `checkpoint created with ${saved} networking cannot be restored with ${given} networking`);
}
