/** Gates of runsc that this version does not evaluate, so that every answer names them. */
import type { ChangeId } from '../changes.ts';
import { defineGate, type Gate, notApplicable, notChecked, reason } from '../gate.ts';
import type { GateId } from '../gate-ids.ts';

function notLookedAt(id: GateId, order: number, since: ChangeId | null, what: string): Gate {
  return defineGate(id, [], (_image, _host, rules) =>
    since !== null && !rules.has(since)
      ? notApplicable()
      : notChecked(reason('CKPT1901', order, `this version of ckpt does not look at it: ${what}`, { gate: id })),
  );
}

export const ociSpec = notLookedAt(
  'oci-spec',
  20,
  'spec-validation',
  'whether the OCI specs of the new containers fit the saved ones',
);
export const network = notLookedAt('network', 21, 'container-count-checked', 'whether the network mode can be restored');
export const gpu = notLookedAt('gpu', 26, 'driver-version', 'whether saved GPUs and the driver version fit');
export const hostFiles = notLookedAt('host-files', 39, null, 'whether the files that the image holds open exist on the host');
