/** Gate `container-specs`: the image holds the specs of its containers where runsc looks for them. */
import { defineGate, fail, type GateAnswer, notApplicable, pass, reason } from '../gate.ts';
import type { Rules } from '../rules.ts';

const ORDER = 16;

/**
 * Looks for the specs: in the header since 2025-04-02, in the kernel graph from 2024-09-11 on, nowhere before.
 *
 * In the kernel graph a missing entry makes runsc panic, after it has loaded the graph; what its caller sees is only that the sandbox is
 * gone.
 *
 * @see gVisor runsc/boot/controller.go: containerManager.Restore; runsc/boot/loader.go: popContainerSpecsFromCheckpoint (until 2025-04-02);
 *   runsc/specutils/restore.go: GetSpecsFromString
 */
export const containerSpecs = defineGate(
  'container-specs',
  ['metadata', 'containerSpecsFrom'],
  (image, _host, rules): GateAnswer => {
    if (!rules.has('specs-in-kernel')) return notApplicable();
    if (!rules.has('specs-in-header')) {
      if (image.containerSpecsFrom === 'kernel') return pass();
      const details = { expectedIn: 'kernel', foundIn: image.containerSpecsFrom } as const;
      return fail(
        reason('CKPT1201', ORDER, 'the kernel graph holds no container specs, which this runsc demands', details),
        rules,
        null,
      );
    }
    const text = image.metadata.get('container_specs');
    if (text === undefined) {
      const foundIn = image.containerSpecsFrom === 'kernel' ? 'kernel' : null;
      const because = reason('CKPT1201', ORDER, 'the header has no container_specs, which this runsc demands', {
        expectedIn: 'header',
        foundIn,
      });
      return fail(because, rules, missingText(rules));
    }
    const problem = specsProblem(text);
    if (problem === null) return pass();
    return fail(reason('CKPT1202', ORDER, `container_specs cannot be parsed: ${problem}`, { problem }), rules, null);
  },
);

function missingText(rules: Rules): string {
  return `container specs not found in ${rules.has('specs-text-fixed') ? 'metadata' : 'metdata'} during restore`;
}

/** Why the text is no map of specs, in our words; the texts of Go's JSON decoder are another matter. */
function specsProblem(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  // Go decodes null into a map as an empty map, and null into a pointer as nil.
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return 'not an object';
  for (const spec of Object.values(value)) {
    if (spec !== null && (typeof spec !== 'object' || Array.isArray(spec))) return 'a spec is not an object';
  }
  return null;
}
