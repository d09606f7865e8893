/** The lines of /proc/cpuinfo, one block for each logical CPU. */
import { known, unknown } from './facts.ts';
import type { Fact } from './host.ts';
import { hostError, quoteLine } from './host-text.ts';
import { checkLogicalCpus } from './logical-cpus.ts';

/** One logical CPU of a page. */
export interface CpuinfoBlock {
  /** `CPU 3`, as the page counts. */
  readonly label: string;
  /** Values by key, without white space around them; the flags are in `flags` only. */
  readonly fields: ReadonlyMap<string, string>;
  /** The words of the line with the flags; blocks with equal lines share one set. */
  readonly flags: ReadonlySet<string>;
  /** More lines follow the flags, so that their line is not cut. */
  readonly whole: boolean;
  /** A field that is a decimal number of at most ten digits, else null. */
  number(key: string): number | null;
}

interface Draft {
  readonly label: string;
  readonly line: number;
  readonly fields: Map<string, string>;
  flags: ReadonlySet<string> | null;
  whole: boolean;
}

/**
 * Splits a page into its logical CPUs; none when no line has the wanted key (`flags` on x86, `Features` on arm64). A block begins at
 * `processor`; lines before the first one (or a page without any) are one block. Of a last line without a line feed, the last flag or
 * the value is dropped, because it may be the beginning of another one.
 *
 * @throws CkptError `bad-host` for a line that is no `key : value`, a key or a CPU that comes twice, and a CPU without flags;
 * `over-limit` for too many logical CPUs
 */
export function cpuinfoBlocks(text: string, flagsKey: 'flags' | 'Features'): readonly CpuinfoBlock[] {
  const drafts: Draft[] = [];
  const labels = new Set<string>();
  const known = new Map<string, ReadonlySet<string>>();
  const lines = text.split('\n');
  let current: Draft | null = null;
  for (const [index, raw] of lines.entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === '') continue;
    const cut = index === lines.length - 1;
    const colon = content.indexOf(':');
    if (colon < 0) throw hostError('bad-host', line, 'a line `key : value` of /proc/cpuinfo', quoteLine(content), WHOLE_HINT);
    const key = content.slice(0, colon).trim();
    const value = content.slice(colon + 1).trim();
    if (cut && key !== flagsKey && key !== 'processor' && current !== null) {
      // The value may have lost its end; that more lines follow the flags, or do not, is certain.
      if (current.flags === null) current.fields.set(key, '');
      else current.whole = true;
      break;
    }
    if (key === 'processor' || current === null) {
      const label = key === 'processor' ? `CPU ${value}` : 'CPU';
      if (labels.has(label))
        throw hostError(
          'bad-host',
          line,
          'every logical CPU once',
          `${quoteLine(label)} a second time`,
          'Give the page of one machine',
        );
      labels.add(label);
      checkLogicalCpus(labels.size, line);
      current = { label, line, fields: new Map(), flags: null, whole: false };
      drafts.push(current);
      if (key === 'processor') continue;
    }
    if (current.flags !== null) current.whole = true;
    if (key === flagsKey) {
      if (current.flags !== null) throw hostError('bad-host', line, `one line ${flagsKey} for each logical CPU`, 'a second one');
      current.flags = wordsOf(cut && content.length === raw.trimStart().length ? withoutLastWord(value) : value, known);
    } else if (key !== '') {
      if (current.fields.has(key))
        throw hostError('bad-host', line, 'every key once for each logical CPU', `${quoteLine(key)} a second time`);
      current.fields.set(key, value);
    }
  }
  if (drafts.every((draft) => draft.flags === null)) return [];
  return drafts.filter((draft) => draft.fields.size > 0 || draft.flags !== null).map((draft) => finish(draft, flagsKey));
}

/** The value of a field when all logical CPUs have the same one, else unknown. */
export function fieldAgreed(blocks: readonly CpuinfoBlock[], key: string): Fact<string> {
  const value = blocks[0]?.fields.get(key);
  if (value === undefined || value === '') return unknown(`/proc/cpuinfo has no line ${key}`);
  const other = blocks.find((block) => block.fields.get(key) !== value);
  if (other === undefined) return known(value, `/proc/cpuinfo: ${key}`);
  return unknown(
    `logical CPUs differ: ${key} is ${value} on ${blocks[0]?.label}, ${other.fields.get(key) ?? 'missing'} on ${other.label}`,
  );
}

const WHOLE_HINT = 'Copy the whole file, without wrapping its lines';
const DECIMAL = /^\d{1,10}$/;

function finish(draft: Draft, flagsKey: string): CpuinfoBlock {
  const { label, line, fields, flags, whole } = draft;
  if (flags === null)
    throw hostError('bad-host', line, `a line ${flagsKey} for each logical CPU`, `none for ${quoteLine(label)}`, WHOLE_HINT);
  return {
    label,
    fields,
    flags,
    whole,
    number: (key) => {
      const value = fields.get(key);
      return value === undefined || !DECIMAL.test(value) ? null : Number(value);
    },
  };
}

function withoutLastWord(value: string): string {
  let end = value.length;
  while (end > 0 && value.charAt(end - 1).trim() !== '') end--;
  return value.slice(0, end);
}

function wordsOf(value: string, known: Map<string, ReadonlySet<string>>): ReadonlySet<string> {
  const same = known.get(value);
  if (same !== undefined) return same;
  const words = new Set(value.split(/\s+/).filter((word) => word !== ''));
  known.set(value, words);
  return words;
}
