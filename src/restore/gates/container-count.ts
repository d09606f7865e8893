/** Gate `container-count`: the header says how many containers the image holds. */
import { defineGate, fail, type GateAnswer, notApplicable, pass, reason } from '../gate.ts';

const MISSING = 14;
const INVALID = 15;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/**
 * Reads `container_count` as runsc does since 2024-04-29; it may be missing until 2025-09-30.
 *
 * @see gVisor runsc/boot/controller.go: containerManager.Restore; Go strconv.Atoi
 */
export const containerCount = defineGate('container-count', ['metadata'], (image, _host, rules): GateAnswer => {
  if (!rules.has('container-count-checked')) return notApplicable();
  const value = image.metadata.get('container_count');
  if (value === undefined) {
    if (!rules.has('container-count-required')) return pass();
    const because = reason('CKPT1101', MISSING, 'the header has no container_count, which this runsc demands', {
      rules: rules.release,
    });
    return fail(because, rules, 'container count not present in state file');
  }
  const digits = /^[+-]?\d+$/.test(value);
  // Twenty digits are out of range whatever they are; a number of millions of them would take its time.
  const significant = value.replace(/^[+-]?0*/, '');
  const count = !digits ? 0n : significant.length > 19 ? MAX_INT64 + 1n : BigInt(value.replace(/^\+/, ''));
  if (!digits || count > MAX_INT64 || count < MIN_INT64) {
    const because = reason('CKPT1102', INVALID, 'container_count is not a number', { value });
    const quoted = quote(value);
    const problem = digits ? 'value out of range' : 'invalid syntax';
    return fail(because, rules, quoted === null ? null : `invalid container count: strconv.Atoi: parsing ${quoted}: ${problem}`);
  }
  if (count < 1n) {
    return fail(
      reason('CKPT1103', INVALID, 'container_count is less than 1', { value }),
      rules,
      `invalid container count value: ${count}`,
    );
  }
  return pass();
});

/** Go's strconv.Quote for printable ASCII; null for anything else, which no runsc writes. */
function quote(text: string): string | null {
  return /^[ -~]*$/.test(text) ? `"${text.replace(/[\\"]/g, '\\$&')}"` : null;
}
