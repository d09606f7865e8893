/** CPU configurations of Firecracker. */
import type { CpuRegister } from '../cpu/feature.ts';
import { hostError } from './host-text.ts';
import { entry, type JsonPlace, list, optional, parseJsonText, required, text, wrongShape } from './json-shape.ts';
import { HIGHEST_SUBLEAF } from './parse-leaf-line.ts';

export const REGISTER_NAMES: readonly CpuRegister[] = ['eax', 'ebx', 'ecx', 'edx'];

/** One register: which bits are said (1), and those of them that are set. Both unsigned 32-bit numbers. */
export interface SaidBits {
  readonly said: number;
  readonly set: number;
}

/** One leaf of a configuration; a register that it does not name has no said bits. */
export interface ConfiguredLeaf {
  readonly leaf: number;
  readonly subleaf: number;
  readonly registers: Readonly<Record<CpuRegister, SaidBits>>;
}

export interface FirecrackerConfiguration {
  readonly leaves: readonly ConfiguredLeaf[];
  /** A fingerprint holds the configuration of a guest, and says these of the machine that runs Firecracker; null otherwise. */
  readonly fingerprint: { readonly kernel: string | null; readonly microcode: string | null } | null;
}

/** Leaves of one configuration; real ones stay under 100. */
const MOST_LEAVES = 65_536;
const NOT_SAID: SaidBits = { said: 0, set: 0 };

/**
 * Reads a custom CPU template, what `cpu-template-helper template dump` writes, or a fingerprint, which has one under `guest_cpu_config`.
 *
 * @throws CkptError `bad-host` with the path of a value that is not what the schema says, `unsupported` for arm64
 * @see https://github.com/firecracker-microvm/firecracker/blob/main/docs/cpu_templates/schema.json
 */
export function parseFirecracker(json: string): FirecrackerConfiguration {
  const root = parseJsonText(json);
  const guest = entry(root, 'guest_cpu_config');
  const config = guest ?? root;
  const modifiers = entry(config, 'cpuid_modifiers');
  if (modifiers === undefined) refuseWithoutCpuid(config);
  const leaves = list(modifiers, MOST_LEAVES).map(readLeaf);
  const seen = new Set<string>();
  for (const [index, { leaf, subleaf }] of leaves.entries()) {
    const key = `${leaf}/${subleaf}`;
    const place = { value: key, path: `${modifiers.path}[${index}]` };
    if (seen.has(key)) wrongShape(place, 'every leaf and subleaf once');
    seen.add(key);
  }
  const said = (key: string): string | null => optional(entry(root, key), (place) => text(place, 256));
  const fingerprint = guest === undefined ? null : { kernel: said('kernel_version'), microcode: said('microcode_version') };
  return { leaves, fingerprint };
}

function refuseWithoutCpuid(config: JsonPlace): never {
  if (entry(config, 'reg_modifiers') !== undefined || entry(config, 'vcpu_features') !== undefined) {
    throw hostError(
      'unsupported',
      null,
      'a CPU configuration for x86-64',
      'one for arm64, which holds ID registers and not AT_HWCAP, the word that runsc compares',
      'Give /proc/cpuinfo of the guest',
    );
  }
  return wrongShape({ value: undefined, path: `${config.path}.cpuid_modifiers` }, 'a list of CPUID leaves');
}

function readLeaf(place: JsonPlace): ConfiguredLeaf {
  const registers: Record<CpuRegister, SaidBits> = { eax: NOT_SAID, ebx: NOT_SAID, ecx: NOT_SAID, edx: NOT_SAID };
  for (const modifier of list(required(place, 'modifiers'), MOST_LEAVES)) {
    const name = text(required(modifier, 'register'), 16);
    const register = REGISTER_NAMES.find((one) => one === name);
    if (register === undefined) wrongShape(required(modifier, 'register'), `one of ${REGISTER_NAMES.join(', ')}`);
    if (registers[register] !== NOT_SAID) wrongShape(modifier, 'every register once for each leaf');
    registers[register] = readBitmap(required(modifier, 'bitmap'));
  }
  return {
    leaf: readNumber(required(place, 'leaf'), 0xffff_ffff),
    subleaf: readNumber(required(place, 'subleaf'), HIGHEST_SUBLEAF),
    registers,
  };
}

/** A number as a string: `0x7`, `0b111` or `7`. */
function readNumber(place: JsonPlace, highest: number): number {
  const digits = text(place, 64);
  const value = /^(?:0x[0-9a-f]{1,8}|0b[01]{1,32}|\d{1,10})$/i.test(digits) ? Number(digits) : Number.NaN;
  return value <= highest ? value : wrongShape(place, `a number as a string, at most 0x${highest.toString(16)}`);
}

/** `0b` and at most 32 digits 0, 1 or x (left as the machine has it), with `_` between them; digits left out at the front are x. */
function readBitmap(place: JsonPlace): SaidBits {
  const digits = /^0b([01x_]{1,64})$/.exec(text(place, 128))?.[1]?.replaceAll('_', '') ?? '';
  if (digits.length === 0 || digits.length > 32) wrongShape(place, 'a bitmap 0b… of at most 32 digits 0, 1 or x');
  return {
    said: Number.parseInt(digits.replaceAll('0', '1').replaceAll('x', '0'), 2),
    set: Number.parseInt(digits.replaceAll('x', '0'), 2),
  };
}
