/** What a person can do about the very message, where that is more than the remedy of its code. */
import { findFeature } from '../cpu/feature-names.ts';
import { WITHOUT_AVX512 } from '../restore/advice-fpu.ts';
import type { NamedFeatures, NamedState } from './log-finding.ts';

const AVX512_BITS = 0xe0n;

/** The remedy for one message with its parts, or null when that of the code or pattern is enough. */
export function adviceFor(
  id: string,
  parts: Readonly<Record<string, string>>,
  features: NamedFeatures | null,
  state: NamedState | null,
): string | null {
  if (features !== null) return featureAdvice(features);
  if (state !== null) return stateAdvice(state);
  if (id === 'unknown-annotation-feature') return spellingAdvice(parts['feature'] ?? '');
  return null;
}

function featureAdvice({ arch, list, generations, undecided }: NamedFeatures): string {
  const names = list.flatMap(({ name }) => (name === null ? [] : [name]));
  const sentences: string[] = [];
  if (generations.length > 0) {
    const some = undecided.length === 0 ? '' : ` (not known for ${undecided.join(', ')})`;
    sentences.push(`Restore on a CPU that has all of them: ${generations.join(', ')}${some}; a hypervisor may still hide some.`);
  } else
    sentences.push(
      'Restore on the kind of machine that the image was saved on, or on another one that `ckpt check IMAGE --host HOST` passes.',
    );
  const environment = list.filter(({ impact }) => impact === 'dynamic').flatMap(({ name }) => (name === null ? [] : [name]));
  if (environment.length > 0) {
    sentences.push(
      `${environment.join(', ')}: decided by the virtual machine or the kernel, not by the CPU; give the machine the same virtual CPU model, topology and kernel options.`,
    );
  }
  if (arch === 'amd64' && names.length > 0) {
    sentences.push(
      'Or save the next image without them: since `release-20250820.0` the annotation `dev.gvisor.internal.cpufeatures` restricts a sandbox to a list; `ckpt baseline` of all hosts writes it.',
    );
  }
  return sentences.join(' ');
}

function stateAdvice({ missing }: NamedState): string {
  const bits = BigInt(missing.mask);
  const sentences = [
    `The host (or this runsc on it) does not support ${missing.components.join(', ')}. Choose a host that does; \`ckpt check IMAGE --host HOST\` names the processes that hold the state.`,
  ];
  if ((bits & AVX512_BITS) !== 0n) {
    sentences.push(
      `Or save again after the processes were started with \`${WITHOUT_AVX512}\`: glibc uses these registers in string functions.`,
    );
  }
  if ((bits & 0x218n) !== 0n) {
    sentences.push(
      'MPX and PKRU (bits 3, 4 and 9) are ignored since `release-20260216.0`: save and restore with that release or a later one.',
    );
  }
  return sentences.join(' ');
}

/** Characters of a name that are worth repeating. */
const LONGEST_NAME = 64;

function spellingAdvice(given: string): string | null {
  const name = given.trim();
  if (name.length > LONGEST_NAME) return null;
  const feature = findFeature('amd64', name);
  if (feature === undefined || feature.name === name) return null;
  return `Write \`${feature.name}\`, as gVisor spells it, in the place of \`${name}\`.`;
}
