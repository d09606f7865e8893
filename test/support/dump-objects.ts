/** Reads all objects of the kernel's graph from the text that `runsc statefile` printed of an image. */

/** A value as it was printed. `zeros` are elements that were counted instead of printed. */
export type DumpValue =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  /** Integers and floats alike, as printed. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'ref'; readonly root: number; readonly dots: boolean; readonly length: number | null }
  | { readonly kind: 'interface'; readonly value: DumpValue }
  /** The type is empty where none is declared. */
  | { readonly kind: 'struct'; readonly type: string; readonly fields: readonly (readonly [string, DumpValue])[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [DumpValue, DumpValue])[] }
  | { readonly kind: 'array'; readonly items: readonly DumpValue[]; readonly zeros: number };

/** Objects by id. The numbering of types and objects begins anew with each graph, and not every graph declares types. */
export function readDumpObjects(text: string): Map<number, DumpValue> {
  const start = [...text.matchAll(/^g0t1 = type /gm)][1]?.index ?? text.length;
  const after = [...text.slice(start).matchAll(/^(?:g\d+r1 = |g\d+t1 = type )/gm)][2]?.index;
  const kernel = text.slice(start, after === undefined ? undefined : start + after);
  const objects = new Map<number, DumpValue>();
  const reader = new Reader(kernel);
  for (const match of kernel.matchAll(/^g0r(\d+) = /gm)) {
    reader.at = match.index + match[0].length;
    objects.set(Number(match[1]), reader.value());
  }
  return objects;
}

class Reader {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  value(): DumpValue {
    const { text } = this;
    if (this.take('nil')) return { kind: 'nil' };
    if (this.take('true')) return { kind: 'bool', value: true };
    if (this.take('false')) return { kind: 'bool', value: false };
    if (text[this.at] === '"') return { kind: 'string', bytes: this.string() };
    if (this.take('interface')) {
      this.bracket();
      this.expect('{');
      const value: DumpValue = text[this.at] === '}' ? { kind: 'nil' } : this.value();
      this.expect('}');
      return { kind: 'interface', value };
    }
    if (this.take('struct')) {
      const type = this.bracket().replace(/^g\d+t\d+(=|!.*)/, '');
      const fields = this.lines('{', '}', () => {
        const colon = text.indexOf(': ', this.at);
        const name = text.slice(this.at, colon);
        this.at = colon + 2;
        return [name, this.value()] as const;
      });
      return { kind: 'struct', type, fields };
    }
    if (this.take('map')) {
      const entries = this.lines('{', '}', () => {
        const key = this.value();
        this.expect(': ');
        return [key, this.value()] as const;
      });
      return { kind: 'map', entries };
    }
    if (text[this.at] === '[') return this.array();
    const dotted = this.match(/\(\*.*?\)\(g\d+r(\d+)\)((?:\.[^\s.,:[\]{}]+|\[\d+\])*)/y);
    const ref = dotted ?? this.match(/g\d+r(\d+)/y);
    if (ref !== null) {
      const length = this.match(/\{len:(\d+),cap:\d+\}/y);
      return { kind: 'ref', root: Number(ref[1]), dots: dotted !== null, length: length === null ? null : Number(length[1]) };
    }
    const number = this.match(/[-+]?(?:\d[\d.]*(?:e[-+]?\d+)?|Inf|NaN)/y);
    if (number === null) throw new Error(`what is ${JSON.stringify(text.slice(this.at, this.at + 80))}?`);
    return { kind: 'number', text: number[0] };
  }

  private array(): DumpValue {
    let zeros = 0;
    const items = this.lines('[', ']', () => {
      const run = this.match(/\.\.\. \((\d+) zeros\)/y);
      if (run === null) return this.value();
      zeros = Number(run[1]);
      return null;
    });
    return { kind: 'array', items: items.filter((item) => item !== null), zeros };
  }

  /** `{}`, or an item on each line, each followed by a comma. */
  private lines<T>(open: string, close: string, read: () => T): T[] {
    this.expect(open);
    const items: T[] = [];
    while (!this.take(close)) {
      this.match(/\s+/y);
      if (this.take(close)) break;
      items.push(read());
      this.expect(',');
      this.match(/\s+/y);
    }
    return items;
  }

  /** What stands between brackets that belong together. */
  private bracket(): string {
    const start = this.at + 1;
    let open = 0;
    for (; this.at < this.text.length; this.at++) {
      if (this.text[this.at] === '[') open++;
      else if (this.text[this.at] === ']' && --open === 0) return this.text.slice(start, this.at++);
    }
    throw new Error('a bracket stays open');
  }

  /** A string in Go's quotes, as bytes. */
  private string(): Uint8Array {
    const [quoted] = this.match(/"(?:[^"\\]|\\.)*"/y) ?? [''];
    const parts: number[] = [];
    const short: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '"': 34 };
    for (const [part] of quoted.slice(1, -1).matchAll(/\\x..|\\u.{4}|\\U.{8}|\\.|[^\\]+/gs)) {
      if (part.startsWith('\\x')) parts.push(Number.parseInt(part.slice(2), 16));
      else if (/^\\[uU]/.test(part))
        parts.push(...new TextEncoder().encode(String.fromCodePoint(Number.parseInt(part.slice(2), 16))));
      else if (part.startsWith('\\')) parts.push(short[part[1] ?? ''] ?? 0);
      else for (const byte of new TextEncoder().encode(part)) parts.push(byte);
    }
    return Uint8Array.from(parts);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match !== null) this.at += match[0].length;
    return match;
  }

  private take(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private expect(word: string): void {
    if (!this.take(word)) throw new Error(`expected ${word}, found ${JSON.stringify(this.text.slice(this.at, this.at + 80))}`);
  }
}
