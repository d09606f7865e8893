/** Use case `host list`: the CPU models that can be named as hosts. */
import { hostOfCpu } from './host/host-from-model.ts';
import { aliasesOf, matchable, type NamedCpu, namedCpus } from './host/models/named-cpus.ts';

/** The name of the document's schema, docs/schema/host-list@1.schema.json. */
const HOST_LIST_SCHEMA = 'ckpt/host-list@1';

/** One name for `--host cpu:NAME`. */
export interface ListedModel {
  /** Without `cpu:`. */
  readonly name: string;
  /** `qemu-model`: a definition of QEMU; `generation`: what every part of a generation has; `level`: a level of the x86-64 psABI. */
  readonly kind: NamedCpu['kind'];
  readonly aliases: readonly string[];
  /** CPUID vendor string; null for a level. */
  readonly vendor: string | null;
  readonly microarchitecture: string | null;
  /** Display family and model and the stepping of a QEMU model, else null. */
  readonly family: number | null;
  readonly model: number | null;
  readonly stepping: number | null;
  /** How many features that gVisor compares are decided; a name decides never all of them. */
  readonly features: { readonly present: number; readonly absent: number; readonly unknown: number };
}

export interface HostList {
  readonly schema: typeof HOST_LIST_SCHEMA;
  /** Where the models of QEMU were captured. */
  readonly qemu: { readonly version: string; readonly kernel: string; readonly capturedAt: string } | null;
  readonly models: readonly ListedModel[];
}

/**
 * The models whose name, other names, vendor, microarchitecture or kind hold every one of these words; all without words.
 * Models of QEMU first, then generations, then levels. Case, spaces and punctuation do not matter.
 */
export async function listHosts(words: readonly string[] = []): Promise<HostList> {
  const cpus = await namedCpus();
  const wanted = words.map(matchable);
  const listed = cpus.map(listedModel).filter((row) => {
    const text = [row.name, row.kind, ...row.aliases, row.vendor ?? '', row.microarchitecture ?? ''].map(matchable).join(' ');
    return wanted.every((word) => text.includes(word));
  });
  const captures = cpus.flatMap((cpu) => (cpu.kind === 'qemu-model' ? [cpu.capture] : []));
  const [capture] = captures;
  return {
    schema: HOST_LIST_SCHEMA,
    qemu: capture === undefined ? null : { version: capture.qemu, kernel: capture.kernel, capturedAt: capture.capturedAt },
    models: listed,
  };
}

function listedModel(cpu: NamedCpu): ListedModel {
  const { identity, features } = hostOfCpu(cpu.name, cpu);
  const count = (presence: string): number => [...features.values()].filter((fact) => fact.presence === presence).length;
  return {
    name: cpu.name,
    kind: cpu.kind,
    aliases: aliasesOf(cpu),
    vendor: identity?.vendor ?? null,
    microarchitecture: identity?.microarchitecture ?? null,
    family: identity?.family ?? null,
    model: identity?.model ?? null,
    stepping: identity?.stepping ?? null,
    features: { present: count('present'), absent: count('absent'), unknown: count('unknown') },
  };
}
