/** What a name of a CPU means: a model of QEMU, a generation, a level of the psABI, or a CPUID signature. */
import { closestName } from '../../closest-name.ts';
import { signatureOf, vendorOf } from '../../cpu/identity.ts';
import { microarchitectureOf } from '../../cpu/microarchitecture.ts';
import type { X8664Level } from '../../cpu/x86-64-level.ts';
import { CkptError } from '../../errors.ts';
import { GENERATIONS, type GenerationRow, generationNamed } from './generations.ts';
import { generationOfModel } from './qemu-generations.ts';
import { type QemuCapture, type QemuModel, qemuModels } from './qemu-model.ts';

/** A CPU that a name stands for. */
export type NamedCpu =
  | { readonly kind: 'qemu-model'; readonly name: string; readonly model: QemuModel; readonly capture: QemuCapture }
  | {
      readonly kind: 'generation';
      readonly name: string;
      readonly generation: GenerationRow;
      readonly signature: Signature | null;
    }
  | { readonly kind: 'level'; readonly name: string; readonly level: X8664Level };

/** Display family and model; the stepping where it was given. */
interface Signature {
  readonly family: number;
  readonly model: number;
  readonly stepping: number | null;
}

/** A signature as it was given. */
interface GivenSignature extends Signature {
  readonly vendor: (typeof VENDORS)[number];
}

/** Longest name that is looked at. */
const LONGEST_NAME = 100;
const VENDORS = ['GenuineIntel', 'AuthenticAMD'] as const;
const LEVELS: readonly X8664Level[] = [1, 2, 3, 4];

/** Every name there is, QEMU's models first, oldest generations first; signatures aside. */
export async function namedCpus(): Promise<NamedCpu[]> {
  const { capture, models } = await qemuModels();
  return [
    ...models.map((model): NamedCpu => ({ kind: 'qemu-model', name: model.name, model, capture })),
    ...GENERATIONS.map((generation): NamedCpu => ({ kind: 'generation', name: generation.name, generation, signature: null })),
    ...LEVELS.map((level): NamedCpu => ({ kind: 'level', name: `x86-64-v${level}`, level })),
  ];
}

/** The other names of a CPU. */
export function aliasesOf(cpu: NamedCpu): readonly string[] {
  return cpu.kind === 'qemu-model' ? cpu.model.aliases : cpu.kind === 'generation' ? cpu.generation.aliases : [];
}

/**
 * The CPU that a name stands for; case, spaces, `-`, `_`, `.` and `/` do not matter, and a model of QEMU comes before a generation of the same name.
 * A signature is vendor, family and model, perhaps the stepping: `AuthenticAMD-25-1`, `GenuineIntel/6/0x8f`.
 *
 * @throws CkptError `unknown-model` with the nearest names.
 */
export async function findNamedCpu(given: string): Promise<NamedCpu> {
  const signature = readSignature(given);
  if (signature !== null) return bySignature(given, signature, (await qemuModels()).models);
  const wanted = given.length > LONGEST_NAME ? '' : matchable(given);
  const cpus = await namedCpus();
  const spellings = new Map<string, NamedCpu>();
  for (const cpu of cpus) {
    for (const name of [cpu.name, ...aliasesOf(cpu)]) if (!spellings.has(matchable(name))) spellings.set(matchable(name), cpu);
  }
  const found = spellings.get(wanted);
  if (found !== undefined) return found;
  throw unknownModel(given, nearestNames(wanted, cpus));
}

/** A name without what people write in different ways. */
export function matchable(name: string): string {
  return name.toLowerCase().replaceAll(/[\s\-_./]/g, '');
}

/** Names that begin or are spelled like this one, at most five. */
function nearestNames(wanted: string, cpus: readonly NamedCpu[]): string[] {
  const names = new Map(cpus.flatMap((cpu) => [...aliasesOf(cpu), cpu.name].map((name) => [matchable(name), name] as const)));
  const near =
    wanted.length < 3 ? [] : [...names].filter(([key]) => key.includes(wanted) || wanted.startsWith(key)).map(([, name]) => name);
  const closest = closestName(wanted, [...names.keys()]);
  const all = closest === null ? near : [names.get(closest) ?? closest, ...near];
  return [...new Set(all)].slice(0, 5);
}

function readSignature(given: string): GivenSignature | null {
  const match = /^([A-Za-z]{5,12})[-/](\d{1,3}|0x[0-9a-f]{1,3})[-/](\d{1,3}|0x[0-9a-f]{1,3})(?:[-/](\d{1,2}|0x[0-9a-f]))?$/i.exec(
    given,
  );
  const vendor = VENDORS.find((name) => name.toLowerCase() === match?.[1]?.toLowerCase());
  if (match === null || vendor === undefined) return null;
  const stepping = match[4] === undefined ? null : Number(match[4]);
  return { vendor, family: Number(match[2]), model: Number(match[3]), stepping };
}

/** A model of QEMU may have the signature of another generation than its own: then only what both have or lack is known. */
function bySignature(given: string, wanted: GivenSignature, models: readonly QemuModel[]): NamedCpu {
  const { vendor, ...signature } = wanted;
  const name = microarchitectureOf(vendor, signature.family, signature.model, signature.stepping ?? -1);
  const generation = generationNamed(name);
  if (generation !== null) {
    const others = GENERATIONS.filter(
      (row) =>
        row !== generation && models.some((model) => generationOfModel(model.name) === row.name && hasSignature(model, wanted)),
    );
    const lines = [generation, ...others].flatMap((row) => row.lines);
    return { kind: 'generation', name: given, generation: { ...generation, lines }, signature };
  }
  const hint =
    name === null && signature.stepping === null
      ? 'Where one model number means several generations the stepping is needed as well: GenuineIntel-6-85-7. `ckpt host list` names what is known'
      : '`ckpt host list` names what is known';
  const found = name === null ? 'a signature that is in none of them' : `${name}, of which no table says what every part has`;
  throw new CkptError(
    'unknown-model',
    { layer: 'host' },
    { expected: 'a CPU that the tables of generations describe', found, hint },
  );
}

function hasSignature({ seen }: QemuModel, { vendor, family, model, stepping }: GivenSignature): boolean {
  const own = signatureOf(seen.get(1)?.eax ?? 0);
  return (
    vendorOf(seen) === vendor && own.family === family && own.model === model && (stepping === null || own.stepping === stepping)
  );
}

function unknownModel(given: string, near: readonly string[]): CkptError {
  const shown = JSON.stringify(given.length > LONGEST_NAME ? `${given.slice(0, LONGEST_NAME)}…` : given);
  const meant = near.length === 0 ? '' : `Did you mean ${near.map((name) => `cpu:${name}`).join(', ')}? `;
  return new CkptError(
    'unknown-model',
    { layer: 'host' },
    { expected: 'the name of a CPU model', found: shown, hint: `${meant}\`ckpt host list\` names all of them` },
  );
}
