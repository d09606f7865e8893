/** Which CPU a Kubernetes node has, as far as its labels say. */
import { type CpuIdentity, microarchitectureOfSignature, UNKNOWN_IDENTITY } from '../cpu/identity.ts';
import { KUBEVIRT_VENDOR_PREFIX } from './kubevirt-evidence.ts';
import { NFD_LABEL_PREFIX } from './nfd-evidence.ts';
import type { NodeParts } from './node-parts.ts';

/** CPUID vendor strings of the names that klauspost/cpuid gives; the others stand for several. @see cpuid.go: vendorMapping */
const VENDORS: ReadonlyMap<string, string> = new Map([
  ['Intel', 'GenuineIntel'],
  ['AMD', 'AuthenticAMD'],
  ['Hygon', 'HygonGenuine'],
]);
/** The highest number that a family or model can have: extended fields included. */
const HIGHEST = 0x10e;
const STEPPINGS = Array.from({ length: 16 }, (_, stepping) => stepping);

/** An attribute of `cpu.model`: of a NodeFeature, else of the label that NFD makes of it. */
export function modelAttribute({ attributes, labels }: NodeParts, name: string): string | null {
  return attributes.get(`cpu.model/${name}`) ?? labels.get(`${NFD_LABEL_PREFIX}cpu-model.${name}`) ?? null;
}

/** Vendor, family, model and the name of the generation where all steppings of that model have one; null when nothing is known. */
export function nodeIdentity(parts: NodeParts): CpuIdentity | null {
  const vendor = VENDORS.get(modelAttribute(parts, 'vendor_id') ?? kubevirtVendor(parts) ?? '') ?? null;
  const family = numberOf(modelAttribute(parts, 'family'));
  const model = numberOf(modelAttribute(parts, 'id'));
  if (vendor === null && family === null && model === null) return null;
  const complete = vendor !== null && family !== null && model !== null;
  return {
    ...UNKNOWN_IDENTITY,
    vendor,
    family,
    model,
    microarchitecture: complete ? generationOf(vendor, family, model) : null,
  };
}

function generationOf(vendor: string, family: number, model: number): string | null {
  const names = new Set(STEPPINGS.map((stepping) => microarchitectureOfSignature(vendor, { family, model, stepping })));
  const [only] = names;
  return names.size === 1 && only !== undefined ? only : null;
}

function kubevirtVendor({ labels }: NodeParts): string | undefined {
  return [...VENDORS.keys()].find((vendor) => labels.get(`${KUBEVIRT_VENDOR_PREFIX}${vendor}`) === 'true');
}

function numberOf(text: string | null): number | null {
  const number = text !== null && /^\d{1,3}$/.test(text) ? Number(text) : null;
  return number !== null && number <= HIGHEST ? number : null;
}
