/** Finds what a path names: the words before the first step, fields by name, elements by index, entries of maps by key. */
import { UsageError } from '../../errors.ts';
import { findObject, type Graph } from '../graph.ts';
import { type Node, objectNode, pathOf } from '../node.ts';
import { type LeafOptions, leafJson } from './json-leaf.ts';
import { matchKey } from './match-key.ts';
import { type OpenedValue, openValue } from './open-value.ts';
import { type PathStep, parsePath } from './parse-path.ts';

/** The most names that an error lists. */
const LISTED = 40;

/** A path names what is not there. */
export class PathError extends UsageError {
  /** The path up to the value that does not have the step, as it was written. */
  readonly reached: string;
  /** What was asked of it. */
  readonly step: string;
  /** What it has instead: names of fields or printed keys, all of them. */
  readonly available: readonly string[];
  /** What is wrong, without what there is instead. */
  readonly problem: string;

  constructor(reached: string, step: string, problem: string, available: readonly string[]) {
    super(`${reached} ${problem}${listOf(available)}`);
    this.reached = reached;
    this.step = step;
    this.available = available;
    this.problem = `${reached} ${problem}`;
  }

  /** The same mistake with what was probably meant, which comes before the list of all there is. */
  suggesting(meant: string): UsageError {
    return new UsageError(`${this.problem}. ${meant}${listOf(this.available).slice(1)}`);
  }
}

/** What is shown in the place of a text that holds a secret. @see LeafOptions.hide */
type Hide = LeafOptions['hide'];
const showAll: Hide = () => null;

/** The graphs that a path may begin in: 0, the CPU feature set; 1, the kernel. Null: not read, or not there. */
export interface PathGraphs {
  readonly cpu: Graph;
  readonly kernel: Graph | null;
}

/** Whether a path begins in the first graph, so that the second need not be read. */
export function isCpuPath(text: string): boolean {
  return /^(cpu|featureSet|g0)$/.test(parsePath(text).start) || /^g0r\d+$/.test(parsePath(text).start);
}

/**
 * The value that a path names; a reference at its end is not followed.
 *
 * A path begins with `kernel` (object 1 of graph 1), `cpu` or `featureSet` (object 1 of graph 0), `g1r12`, `r12` (object 12 of graph 1), or with a field
 * of the kernel.
 *
 * @param hide keeps single bytes of texts with secrets from being asked for
 * @throws PathError when the path leads nowhere, with what is there
 * @throws UsageError when it cannot be understood
 * @throws CkptError when what lies on the way cannot be read
 */
export function resolvePath(graphs: PathGraphs, text: string, hide: Hide = showAll): Node {
  const { start, steps } = parsePath(text);
  const root = startOf(graphs, start);
  const all = root.field === null ? steps : [root.field, ...steps];
  return walk(root.node, all, text, root.field === null && start !== '' ? start : 'kernel', hide);
}

/**
 * What steps lead to from a value: `image.Name` from a task.
 *
 * @throws PathError, UsageError, CkptError as {@link resolvePath}
 */
export function resolveFrom(node: Node, text: string, hide: Hide = showAll): Node {
  const { start, steps } = parsePath(text);
  const first: PathStep[] = start === '' ? [] : [{ name: start, quoted: false, end: start.length }];
  return walk(node, [...first, ...steps], text, pathOf(node), hide);
}

function startOf({ cpu, kernel }: PathGraphs, start: string): { readonly node: Node; readonly field: PathStep | null } {
  const known = /^(?:(kernel|g1)|(cpu|featureSet|g0)|(?:g(\d+))?r(\d+))$/.exec(start);
  const [, isKernel, isCpu, number = '1', id] = known ?? [];
  if (isCpu !== undefined) return { node: objectNode(cpu, 1), field: null };
  if (id !== undefined && number === '0') return { node: objectOf(cpu, Number(id)), field: null };
  if (/^g\d+(r\d+)?$/.test(start) && !/^g1(r|$)/.test(start))
    throw new UsageError(`${start} is in no graph that paths reach: g0 is the CPU feature set, g1 the kernel`);
  if (kernel === null) throw new UsageError(`${start === '' ? 'the kernel' : start} is behind what can be read of the image`);
  if (id !== undefined) return { node: objectOf(kernel, Number(id)), field: null };
  const field = isKernel !== undefined || start === '' ? null : { name: start, quoted: false, end: start.length };
  return { node: objectNode(kernel, 1), field };
}

function objectOf(graph: Graph, id: number): Node {
  if (Number.isSafeInteger(id) && findObject(graph, id) >= 0) return objectNode(graph, id);
  const { ids } = graph;
  throw new PathError(
    `g${graph.number}`,
    `r${id}`,
    `has no object ${id}: it has ${ids.length}, with ids from ${ids[0] ?? 0} to ${ids.at(-1) ?? 0}`,
    [],
  );
}

function walk(root: Node, steps: readonly PathStep[], text: string, start: string, hide: Hide): Node {
  let node = root;
  let reached = 0;
  for (const step of steps) {
    node = take(node, step, hide, () => (reached === 0 ? start : text.slice(0, reached)));
    reached = step.end;
  }
  return node;
}

function take(node: Node, step: PathStep, hide: Hide, reached: () => string): Node {
  const found = partOf(openValue(node, 'wrapped'), step, hide);
  if ('graph' in found) return found;
  throw new PathError(reached(), step.name, found.problem, found.available);
}

interface Missing {
  readonly problem: string;
  readonly available: readonly string[];
}

function partOf(value: OpenedValue, step: PathStep, hide: Hide): Node | Missing {
  switch (value.kind) {
    case 'struct': {
      const found = value.fields.find(([name]) => name === step.name);
      if (found !== undefined) return found[1];
      const place = `(${value.type}, ${pathOf(value.node)})`;
      return { problem: `${place} has no field ${quoted(step)}`, available: value.fields.map(([name]) => name) };
    }
    case 'map': {
      const entries = value.entries();
      const [, part, at] = (step.quoted ? null : /^\$(key|value)(\d+)$/.exec(step.name)) ?? [];
      const stored = at === undefined ? undefined : entries.find(({ index }) => index === Number(at));
      if (stored !== undefined) return part === 'key' ? stored.key : stored.value;
      const matches = matchKey(entries, step);
      if (matches.length === 1) return (matches[0] as (typeof matches)[number]).value;
      const problem = matches.length === 0 ? `has no key ${quoted(step)}` : `has ${matches.length} keys like ${quoted(step)}`;
      const place = `(a map of ${value.count}, ${pathOf(value.node)})`;
      return { problem: `${place} ${problem}`, available: (matches.length === 0 ? entries : matches).map(({ text }) => text) };
    }
    case 'list': {
      const index = /^-?\d{1,16}$/.test(step.name) && !step.quoted ? Number(step.name) : null;
      const position = index !== null && index < 0 ? value.length + index : index;
      const secret = position === null || hide === showAll ? null : leafJson(value, { textBytes: 0, hide });
      if (secret?.hidden === true)
        return { problem: 'holds a secret, and single bytes of it are not shown unasked', available: [] };
      if (position !== null && position >= 0 && position < value.length) return value.item(position);
      const range = value.length === 0 ? 'is an empty list' : `is a list of ${value.length}, from [0] to [${value.length - 1}]`;
      return { problem: `(${pathOf(value.node)}) ${range}, and has no ${quoted(step)}`, available: [] };
    }
    case 'nil':
      return { problem: `is nil (or zero), and has no ${quoted(step)}`, available: [] };
    default: {
      const said = value.kind === 'string' || value.kind === 'complex' ? `a ${value.kind}` : `the ${value.kind} ${value.value}`;
      return { problem: `(${pathOf(value.node)}) is ${said}, and has no ${quoted(step)}`, available: [] };
    }
  }
}

function quoted({ name }: PathStep): string {
  return JSON.stringify(name);
}

function listOf(available: readonly string[]): string {
  if (available.length === 0) return '';
  const rest = available.length > LISTED ? `, … and ${available.length - LISTED} more` : '';
  return `. It has: ${available.slice(0, LISTED).join(', ')}${rest}`;
}
