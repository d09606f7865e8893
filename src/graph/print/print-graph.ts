/** Prints a stream of object graphs as `runsc statefile` does, in blocks of bytes. */
import { CkptError } from '../../errors.ts';
import type { Limits } from '../../limits.ts';
import type { DeclaredType, Graph } from '../graph.ts';
import { createPrintBuffer, isFull, type PrintBuffer, putAscii } from './print-buffer.ts';
import { addTypes, createPrintedTypes, forgetTypes, type PrintedTypes, putDeclaredName } from './print-types.ts';
import { printValue } from './print-value.ts';
import { beginValue, createValuePrinter, type ValuePrinter } from './value-printer.ts';

/** A dump in progress. */
export interface DumpPrinter {
  readonly buffer: PrintBuffer;
  readonly types: PrintedTypes;
  readonly value: ValuePrinter;
  readonly html: boolean;
  /** Graphs are numbered by the raw data before them. */
  number: number;
}

/** @param html as `runsc statefile -html`, with everything of the image escaped. */
export function createDumpPrinter(html: boolean, limits: Limits): DumpPrinter {
  const buffer = createPrintBuffer();
  const types = createPrintedTypes(html);
  return { buffer, types, value: createValuePrinter(buffer, types, limits), html, number: 0 };
}

/** Takes what was printed and not handed over yet; valid until more is printed. */
export function takePrinted({ buffer }: DumpPrinter): Uint8Array {
  const bytes = buffer.bytes.subarray(0, buffer.length);
  buffer.length = 0;
  return bytes;
}

/** What stands before and behind all graphs. */
export function printPageStart({ html, buffer }: DumpPrinter): void {
  if (html) putAscii(buffer, '<html><body>\n<pre>');
}

export function printPageEnd({ html, buffer }: DumpPrinter): void {
  if (html) putAscii(buffer, '</pre></body></html>\n');
}

/** Prints that so many bytes follow which are no objects. Graphs behind them have the next number. */
export function printRawData(printer: DumpPrinter, length: number): void {
  printer.number++;
  forgetTypes(printer.types, String(printer.number));
  if (length > 0) putAscii(printer.buffer, `(${length} bytes non-object data)\n`);
}

/**
 * Prints a graph: its types, then its objects. Yields blocks of the dump, each valid until the next is asked for; what is left at the
 * end stays in the buffer.
 *
 * @throws CkptError `over-limit`, with the path of the object.
 */
export function* printGraph(printer: DumpPrinter, graph: Graph): Generator<Uint8Array, void> {
  const { buffer, types, value } = printer;
  for (const type of graph.types) yield* printType(printer, type);
  addTypes(types, graph.types);
  for (let index = 0; index < graph.ids.length; index++) {
    const id = graph.ids[index] as number;
    putTag(printer, `g${types.graph}r${id}`);
    beginValue(value, graph.wire.bytes, graph.positions[index] as number);
    try {
      while (!printValue(value)) yield takePrinted(printer);
    } catch (error) {
      throw error instanceof CkptError ? error.at({ path: `g${graph.number}r${id}` }) : error;
    }
    putAscii(buffer, '\n');
  }
}

function* printType(printer: DumpPrinter, { id, name, fields }: DeclaredType): Generator<Uint8Array, void> {
  const { buffer, types, html } = printer;
  putTag(printer, `g${types.graph}t${id}`);
  putAscii(buffer, 'type ');
  putDeclaredName(buffer, name, html);
  putAscii(buffer, ' {\n');
  for (const [index, field] of fields.entries()) {
    putAscii(buffer, `\t${index}: `);
    putDeclaredName(buffer, field, html);
    putAscii(buffer, ',\n');
    if (isFull(buffer)) yield takePrinted(printer);
  }
  putAscii(buffer, '}\n');
  if (isFull(buffer)) yield takePrinted(printer);
}

/** What a type or object is called, and in HTML an anchor with a sign that links to it. */
function putTag({ html, buffer }: DumpPrinter, tag: string): void {
  putAscii(buffer, html ? `<a name="${tag}">${tag}</a><a href="#${tag}">&#9875;</a> = ` : `${tag} = `);
}
