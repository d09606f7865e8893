/** Conditions on structs: a path from the struct, and the value that is expected there. */
import { UsageError } from '../../errors.ts';
import { type Node, pathOf } from '../node.ts';
import type { LeafOptions } from './json-leaf.ts';
import { openValue } from './open-value.ts';
import { PathError, resolveFrom } from './path-language.ts';
import type { PathTrials } from './path-trials.ts';
import { referenceIn } from './print-key.ts';

/** `image.Name=sh`. */
export interface Condition {
  readonly path: string;
  readonly value: string;
}

/**
 * Parses a condition: the path ends at the first `=` that is in no brackets and no quotes.
 *
 * @throws UsageError
 */
export function parseCondition(text: string): Condition {
  const [, path = '', value = ''] = /^((?:"(?:[^"\\]|\\.)*"|\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\]|[^="[])+)=(.*)$/s.exec(text) ?? [];
  if (path.trim() === '') throw new UsageError(`a condition is field=value, found ${JSON.stringify(text)}`);
  return { path: path.trim(), value };
}

/**
 * Whether a struct meets a condition. A path that leads nowhere, for nil on the way or for another type there, does not meet it.
 *
 * @param trials remembers where the path led
 * @throws PathError when the struct's own type does not have the first field
 * @throws CkptError when what lies on the way cannot be read
 */
export function meets(struct: Node, { path, value }: Condition, hide?: LeafOptions['hide'], trials?: PathTrials): boolean {
  try {
    const node = resolveFrom(struct, path, hide);
    trials?.found(path);
    return sameText(node, value);
  } catch (error) {
    if (!(error instanceof PathError) || error.reached === pathOf(struct)) throw error;
    trials?.missed(path, error);
    return false;
  }
}

/** Numbers are compared as numbers, texts byte for byte; zeros, empty texts and nil are saved alike, and any of them is meant by any of them. */
function sameText(node: Node, wanted: string): boolean {
  const value = openValue(node);
  const reference = referenceIn(node);
  if (reference !== null && (wanted === reference || `g${node.graph.number}${wanted}` === reference)) return true;
  switch (value.kind) {
    case 'nil':
      return ['', '0', 'nil', 'null', 'false', '""'].includes(wanted);
    case 'bool':
      return wanted === String(value.value) || (!value.value && (wanted === '0' || wanted === 'nil'));
    case 'integer':
      return integerOf(wanted) === value.value || (value.value === 0n && wanted === 'nil');
    case 'float':
      return wanted !== '' && Number(wanted) === value.value;
    case 'string': {
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value.bytes);
      return text === wanted || JSON.stringify(text) === wanted;
    }
    default:
      return false;
  }
}

function integerOf(text: string): bigint | null {
  return /^-?(\d+|0x[0-9a-f]+)$/i.test(text) ? (text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)) : null;
}
