/** The fields that lscpu prints, as text and as JSON. */
import { hostError, quoteLine } from './host-text.ts';
import { entry, type JsonPlace, list, optional, parseJsonText, required, text } from './json-shape.ts';

/** One field, in the order of the output. */
export interface LscpuField {
  /** `Model name`, without the colon. */
  readonly name: string;
  readonly value: string;
  /** The line of a text; null in JSON. */
  readonly line: number | null;
}

/** Fields of one output; a machine with thousands of NUMA nodes has as many. */
const MOST_FIELDS = 65_536;
/** Sections inside one another; lscpu has two. */
const MOST_DEPTH = 8;
/** Characters of a value. */
const MOST_CHARACTERS = 65_536;

/**
 * The fields of the text that lscpu prints: `Name:  value` on each line, sections indented. A last line without a line feed is left out,
 * because it may be cut off.
 *
 * @throws CkptError `bad-host` with the line for one that is no field: on a terminal lscpu folds long values, in the middle of a word
 */
export function parseLscpuText(output: string): LscpuField[] {
  const fields: LscpuField[] = [];
  const lines = output.split('\n');
  for (const [index, raw] of lines.slice(0, -1).entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon <= 0) {
      const hint = 'lscpu folds long lines on a terminal: use `lscpu -J`, or write its output to a file';
      throw hostError('bad-host', index + 1, 'a line `Name: value` of lscpu', quoteLine(line), hint);
    }
    fields.push({ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim(), line: index + 1 });
  }
  return fields;
}

/**
 * The fields of `lscpu -J`: `{"lscpu": [{"field": "Flags:", "data": "…", "children": […]}]}`; sections come before what is in them.
 *
 * @throws CkptError `bad-host` with the path of a value of another shape
 */
export function parseLscpuJson(json: string): LscpuField[] {
  const fields: LscpuField[] = [];
  const visit = (place: JsonPlace, depth: number): void => {
    for (const field of list(place, MOST_FIELDS)) {
      const name = text(required(field, 'field'), 256);
      const value = optional(entry(field, 'data'), (data) => text(data, MOST_CHARACTERS)) ?? '';
      fields.push({ name: name.replace(/\s*:\s*$/, '').trim(), value: value.trim(), line: null });
      const children = entry(field, 'children');
      if (children === undefined || children.value === null) continue;
      if (depth === MOST_DEPTH)
        throw hostError('bad-host', null, `at most ${MOST_DEPTH} sections inside one another`, 'one more');
      visit(children, depth + 1);
    }
  };
  visit(required(parseJsonText(json), 'lscpu'), 1);
  return fields;
}
