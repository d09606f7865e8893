/** Gate `object-graph`: the restoring runsc has every type of the kernel graph with the same fields. */

import { firstNames } from '../first-names.ts';
import { defineGate, fail, type GateAnswer, pass, reason, unknown } from '../gate.ts';
import type { TypeMismatch, TypesFit } from '../image-facts.ts';
import { refusalText } from '../refusal-text.ts';
import type { Rules } from '../rules.ts';

const ORDER = 32;

type Compared = Extract<TypesFit, { kind: 'compared' }>;

/**
 * Passes for the runsc that saved the image, or that is taken for it: its types are in the image. For another, its types are those of the
 * history, which knows releases; of a build between two only what both have in common is known.
 *
 * @see gVisor pkg/state/types.go: typeDecodeDatabase.Lookup; pkg/state/decode.go
 */
export const objectGraph = defineGate(
  'object-graph',
  ['typesFit', 'arch'],
  ({ typesFit: fit, arch }, host, rules): GateAnswer => {
    if (fit.kind === 'same-release') return pass();
    if (fit.kind === 'unknown-release') {
      const message = 'the types of the restoring runsc are not known: its version names no code of the history of types';
      const details = { release: rules.restoring ?? rules.release, releases: [], types: [] };
      return unknown(reason('CKPT1752', ORDER, message, details));
    }
    if (fit.differing.length > 0) return refused(fit, rules, arch === host.arch ? '' : ` on ${host.arch}`);
    const { releases } = fit;
    if (fit.undecided.length > 0) {
      const types = fit.undecided.map(({ name, why }) => ({ name, why }));
      const message = `${some(types)} of ${fit.used} saved types are not known for ${codeText(releases, rules)}: ${typeNames(types)}`;
      return unknown(reason('CKPT1752', ORDER, message, { release: rules.release, releases, types }));
    }
    const message = `all ${fit.used} saved types have the fields of ${codeText(releases, rules)}; what the fields hold is not compared`;
    return pass(reason('CKPT1753', ORDER, message, { release: rules.release, releases }));
  },
);

/** @param where the architecture, when it is another than that of the image */
function refused(fit: Compared, rules: Rules, where: string): GateAnswer {
  const { first, releases, used, differing } = fit;
  const types = differing.map((type) => ({
    name: type.name,
    missing: type.release === null,
    onlyInImage: type.release === null ? [] : without(type.image, type.release),
    onlyInRelease: type.release === null ? [] : without(type.release, type.image),
  }));
  const shown = types.find(({ name }) => name === first?.name) ?? types[0];
  const firstMet = first === null ? null : { object: first.objectId, type: first.name };
  const example = shown === undefined ? '' : `: ${shown.name} ${differenceText(shown)}`;
  const message = `${some(types)} of ${used} saved types ${types.length === 1 ? 'is not that' : 'are not those'} of ${codeText(releases, rules)}${where}${example}`;
  const details = { release: rules.release, releases, firstMet, types };
  return fail(reason('CKPT1751', ORDER, message, details), rules, first === null ? null : refusalText(first));
}

function differenceText(type: { missing: boolean; onlyInImage: readonly string[]; onlyInRelease: readonly string[] }): string {
  if (type.missing) return 'does not exist there';
  const parts = [
    type.onlyInImage.length === 0 ? '' : `has ${firstNames(type.onlyInImage)} in the image only`,
    type.onlyInRelease.length === 0 ? '' : `has ${firstNames(type.onlyInRelease)} there only`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function typeNames(types: readonly { readonly name: string }[]): string {
  return firstNames(types.map(({ name }) => name));
}

const some = (types: readonly unknown[]): string => String(types.length);

/** A release, or a build and the releases on both sides. */
function codeText(releases: readonly string[], rules: Rules): string {
  const [first = '', last = first] = releases;
  return first === last ? first : `${rules.release} (between ${first} and ${last})`;
}

function without(names: readonly string[], others: TypeMismatch['image']): string[] {
  const there = new Set(others);
  return names.filter((name) => !there.has(name));
}
