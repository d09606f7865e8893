/**
 * Prints graphs as gVisor's pretty-printer does, from values instead of bytes: simple, slow, recursive, and without a line in common with
 * the printer under test but the table of printable characters, which has a test of its own.
 *
 * @see docs/format.md, how runsc prints a graph
 */
import { isPrintable } from '../../src/graph/print/printable.ts';
import type { GraphModel } from './arbitraries.ts';
import type { RefValue, TypeSpec, WireValue } from './wire-value.ts';

/** What a stream consists of: graphs, and raw bytes between them. */
export type StreamPart = { readonly graph: GraphModel } | { readonly raw: number };

export function referenceDump(parts: readonly StreamPart[]): string {
  let number = 0;
  let names: Names = new Map();
  let text = '';
  for (const part of parts) {
    if ('raw' in part) {
      number++;
      names = new Map();
      if (part.raw > 0) text += `(${part.raw} bytes non-object data)\n`;
      continue;
    }
    part.graph.types.forEach(({ name, fields }, index) => {
      const tag = `g${number}t${index + 1}`;
      names.set(tag, { name, fields });
      text += `${tag} = type ${name} {\n${fields.map((field, at) => `\t${at}: ${field},\n`).join('')}}\n`;
    });
    const printer = new Printer(number, names);
    for (const { id, value } of part.graph.objects) text += `g${number}r${id} = ${printer.format(value, 0).text}\n`;
  }
  return text;
}

type Names = Map<string, { readonly name: string; readonly fields: readonly string[] }>;
interface Formatted {
  readonly text: string;
  readonly zero: boolean;
}

class Printer {
  readonly #graph: number;
  readonly #names: Names;

  constructor(graph: number, names: Names) {
    this.#graph = graph;
    this.#names = names;
  }

  format(value: WireValue, depth: number): Formatted {
    const lines = (open: string, items: readonly string[], end: string): string =>
      [open, ...items.map((item) => `\t${item},`), end].join(`\n${'\t'.repeat(depth)}`);
    switch (value.kind) {
      case 'nil':
        return { text: 'nil', zero: true };
      case 'bool':
      case 'int':
      case 'uint':
        return { text: String(value.value), zero: false };
      case 'float32':
      case 'float64':
        return { text: shortestText(value.value, value.kind === 'float32'), zero: false };
      case 'complex64':
      case 'complex128':
        return {
          text: `${sixDecimals(value.real)}+${sixDecimals(value.imaginary)}i`,
          zero: value.real === 0 && value.imaginary === 0,
        };
      case 'string':
        return { text: quoted(value.bytes), zero: value.bytes.length === 0 };
      case 'ref':
        return { text: this.#ref(value), zero: value.root === 0n };
      case 'slice':
        return { text: `${this.#ref(value.ref)}{len:${value.length},cap:${value.capacity}}`, zero: value.capacity === 0 };
      case 'array': {
        const all = value.items.map((item) => this.format(item, depth + 1));
        const last = all.findLastIndex(({ zero }) => !zero);
        const zeros = all.length - 1 - last;
        const items = all.slice(0, last + 1).map(({ text }) => text);
        const more = zeros > 0 ? [`... (${zeros} zeros)`] : [];
        return { text: all.length === 0 ? '[]' : lines('[', [...items, ...more], ']'), zero: last < 0 };
      }
      case 'struct': {
        const type = this.#type(value.typeId);
        const names = this.#names.get(`g${this.#graph}t${value.typeId}`)?.fields ?? [];
        const all = value.fields.map((field) => this.format(field, depth + 1));
        const items = all.map(({ text }, index) => `${names[index] ?? index}: ${text}`);
        const text = all.length === 0 ? `struct[${type}]{}` : lines(`struct[${type}]{`, items, '}');
        return { text, zero: all.every(({ zero }) => zero) };
      }
      case 'map': {
        const items = value.entries.map((pair) => pair.map((part) => this.format(part, depth + 1).text).join(': '));
        return { text: items.length === 0 ? 'map{}' : lines('map{', items, '}'), zero: items.length === 0 };
      }
      case 'interface': {
        const inner = this.format(value.value, depth + 1);
        return {
          text: `interface[${this.#spec(value.type)}]{${inner.text}}`,
          zero: value.type.spec === 'nil' && inner.zero,
        };
      }
      case 'type':
        throw new Error('a type is no value');
    }
  }

  #ref({ root, dots, type }: RefValue): string {
    const base = `g${this.#graph}r${root}`;
    if (dots.length === 0) return base;
    // Stored innermost first, and printed as stored.
    const steps = [...dots].reverse().map((dot) => (typeof dot === 'number' ? `[${dot}]` : `.${dot}`));
    return `(*${this.#spec(type)})(${base})${steps.join('')}`;
  }

  #type(id: number): string {
    const tag = `g${this.#graph}t${id}`;
    const known = this.#names.get(tag);
    return known === undefined ? `${tag}!missing-type-spec` : `${tag}=${known.name}`;
  }

  #spec(type: TypeSpec): string {
    switch (type.spec) {
      case 'id':
        return this.#type(type.id);
      case 'nil':
        return '';
      case 'pointer':
        return `(*${this.#spec(type.to)})`;
      case 'array':
        return `[${type.count}](${this.#spec(type.of)})`;
      case 'slice':
        return `([]${this.#spec(type.of)})`;
      case 'map':
        return `(map[${this.#spec(type.key)}]${this.#spec(type.value)})`;
    }
  }
}

const ESCAPES = new Map([...'abtnvfr'].map((letter, index) => [7 + index, `\\${letter}`]));

function quoted(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const character = firstCharacter(bytes.subarray(at, at + 4));
    const byte = bytes[at] as number;
    if (character === null) {
      text += `\\x${byte.toString(16).padStart(2, '0')}`;
      at++;
      continue;
    }
    at += Buffer.byteLength(character);
    const code = character.codePointAt(0) as number;
    if (character === '"' || character === '\\') text += `\\${character}`;
    else if (code < 0x20 || code === 0x7f) text += ESCAPES.get(code) ?? `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code < 0x7f || isPrintable(code)) text += character;
    else text += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `"${text}"`;
}

/** The character that bytes begin with, or null when they begin with none. */
function firstCharacter(bytes: Uint8Array): string | null {
  for (let length = 1; length <= bytes.length; length++) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length));
    } catch {}
  }
  return null;
}

/** A positive number exactly: `digits` with the decimal point behind so many of them. */
function exactly(value: number): { readonly digits: string; readonly point: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  if (exponent >= 0) {
    const digits = String(mantissa << BigInt(exponent));
    return { digits, point: digits.length };
  }
  const digits = String(mantissa * 5n ** BigInt(-exponent));
  return { digits, point: digits.length + exponent };
}

function special(value: number): string | null {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? null : value > 0 ? '+Inf' : '-Inf';
}

const signOf = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '');

/** Whether the digits from an index on are above (1), below (-1) or exactly (0) a half. */
function beyondHalf(rest: string): number {
  const first = rest[0] ?? '0';
  if (first !== '5') return first > '5' ? 1 : -1;
  return /[1-9]/.test(rest.slice(1)) ? 1 : 0;
}

function sixDecimals(value: number): string {
  const other = special(value);
  if (other !== null) return other;
  const { digits, point } = value === 0 ? { digits: '0', point: 1 } : exactly(Math.abs(value));
  const padded = digits.padStart(digits.length + Math.max(0, 1 - point), '0');
  const whole = Math.max(1, point);
  const kept = BigInt(padded.padEnd(whole + 6, '0').slice(0, whole + 6));
  const half = beyondHalf(padded.slice(whole + 6));
  const rounded = String(half > 0 || (half === 0 && kept % 2n === 1n) ? kept + 1n : kept).padStart(7, '0');
  return `${signOf(value)}${rounded.slice(0, -6)}.${rounded.slice(-6)}`;
}

function shortestText(value: number, narrow: boolean): string {
  const other = special(value);
  if (other !== null) return other;
  if (value === 0) return `${signOf(value)}0`;
  const size = Math.abs(value);
  const { digits, point } = exactly(size);
  const back = (text: string): boolean => (narrow ? Math.fround(Number(text)) : Number(text)) === size;
  for (let count = 1; ; count++) {
    const down = BigInt(digits.padEnd(count, '0').slice(0, count));
    const half = beyondHalf(digits.slice(count));
    const upFirst = half > 0 || (half === 0 && down % 2n === 1n);
    for (const candidate of upFirst ? [down + 1n, down] : [down, down + 1n]) {
      if (back(`${candidate}e${point - count}`)) return signOf(value) + layOut(String(candidate), point - count);
    }
  }
}

/** `digits * 10^exponent` as Go writes it. */
function layOut(digits: string, exponent: number): string {
  const short = digits.replace(/0+$/, '');
  const power = digits.length - 1 + exponent;
  if (power < -4 || power >= 6) {
    const fraction = short.length > 1 ? `.${short.slice(1)}` : '';
    return `${short[0]}${fraction}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  if (power < 0) return `0.${'0'.repeat(-power - 1)}${short}`;
  return short.length <= power + 1 ? short.padEnd(power + 1, '0') : `${short.slice(0, power + 1)}.${short.slice(power + 1)}`;
}
