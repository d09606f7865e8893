/** What is known of one XSAVE component, by the name that `check` and `inspect` give it. */
import { XSAVE_COMPONENTS } from '../cpu/xsave.ts';
import { COMPONENTS } from './feature-traps.ts';

/** One state component of XSAVE. */
export interface StateAnswer {
  readonly kind: 'state';
  readonly given: string;
  readonly name: string;
  readonly description: string;
  /** In XCR0 and in XSTATE_BV. */
  readonly bit: number;
  /** gVisor names of the features that bring it. */
  readonly features: readonly string[];
  readonly meaning: string;
  readonly source: string;
}

const COUNTED =
  'A saved thread that holds it (its bit in XSTATE_BV is set) is refused by a host that does not offer it (its bit in XCR0 is clear): gate `fpu-state`, CKPT1801. It is the threads that count here, not the features of the image.';
/** @see docs/gates.md, condition 33 */
const IGNORED =
  'Up to before release-20260216.0 a saved thread that holds it is refused by a host that does not offer it (gate `fpu-state`, CKPT1801). Newer releases ignore it.';
const SUPERVISOR = 'Of the kernel: it is never in the state that runsc saves, and no gate looks at it.';
const REFUSED =
  'runsc counts it as offered by no host (AMX since 2024-01-17; all but x87, SSE, AVX and the three of AVX-512 since release-20251201.0): a saved thread that holds it is refused (gate `fpu-state`, CKPT1801).';

const COUNTED_BITS = [0, 1, 2, 5, 6, 7];
const IGNORED_BITS = [3, 4, 9];

/** Case does not count. Null when no component has the name. */
export function explainState(given: string): StateAnswer | null {
  const wanted = given.trim().toLowerCase();
  const component = XSAVE_COMPONENTS.find(({ name }) => name.toLowerCase() === wanted);
  if (component === undefined) return null;
  const { name, description, bit, supervisor, source } = component;
  const features = Object.keys(COMPONENTS).filter((feature) => COMPONENTS[feature]?.includes(bit));
  return { kind: 'state', given, name, description, bit, features, meaning: meaningOf(bit, supervisor), source };
}

function meaningOf(bit: number, supervisor: boolean): string {
  if (supervisor) return SUPERVISOR;
  if (COUNTED_BITS.includes(bit)) return COUNTED;
  return IGNORED_BITS.includes(bit) ? IGNORED : REFUSED;
}
