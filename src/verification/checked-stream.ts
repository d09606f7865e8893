/** A stream of graphs of which every value is checked on the way. */
import { CkptError, type ErrorCode, type ErrorLayer } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { ObjectStream } from '../graph/object-stream.ts';
import type { Limits } from '../limits.ts';
import { FILE_LAYERS } from '../statefile/placed.ts';
import { checkGraph } from './check-graph.ts';
import { checkTypes, type KnownTypes } from './check-types.ts';
import type { CheckedBody } from './checked-body.ts';
import { type Damage, damageOf, type Report } from './damage.ts';

/** What of graphs was looked at since it was last asked. */
export interface StreamCoverage {
  bytes: number;
  graphs: number;
  types: number;
  objects: number;
  structs: number;
  references: number;
}

/** The file that a stream is in. */
export interface StreamFile {
  readonly name: string;
  /** Decoded bytes are bytes of the file, at the same offset. */
  readonly plain: boolean;
}

/** What is done with memory metadata that is no graph. */
export type CheckMessage = (bytes: Uint8Array, base: number) => void;

/** Reads as {@link ObjectStream} does; whoever owns it sets where to report to. */
export class CheckedStream extends ObjectStream {
  /** Is told of what is wrong with what is read next. */
  report: Report = () => {};
  onGraph: (graph: Graph) => void = () => {};
  onMessage: CheckMessage = () => {};
  readonly known: KnownTypes;
  readonly #body: CheckedBody;
  readonly #file: StreamFile;
  #coverage: StreamCoverage = nothing();

  constructor(body: CheckedBody, limits: Limits, origin: number, file: StreamFile, known: KnownTypes) {
    super(body, limits, origin);
    this.#body = body;
    this.#file = file;
    this.known = known;
  }

  /** What was covered since the last call. */
  covered(): StreamCoverage {
    const covered = this.#coverage;
    this.#coverage = nothing();
    return covered;
  }

  /** Reports what ended the reading; without an offset of its own it lies behind `start`. */
  note(error: unknown, start: number): void {
    if (!(error instanceof CkptError)) throw error;
    this.report(this.damage(error.at({ offset: start })));
  }

  /** An error of this stream, with its offset in the file. */
  damage(error: CkptError): Damage {
    const damage = damageOf(error, this.#file.name);
    if (this.#file.plain || damage.offset === null || FILE_LAYERS.includes(error.place.layer)) return damage;
    return { ...damage, offset: this.#body.place(damage.offset), decoded: damage.offset };
  }

  /** Something wrong at a byte of the stream. */
  fault(code: ErrorCode, layer: ErrorLayer, offset: number, expected: string, found: string): void {
    this.report(this.damage(new CkptError(code, { layer, offset }, { expected, found })));
  }

  override async take(count: number, what: string): Promise<Uint8Array> {
    const base = this.offset;
    const bytes = await super.take(count, what);
    // The only bytes that are taken whole and are no part of pages. See readMemoryFile.
    if (what === 'memory metadata') {
      this.#coverage.bytes += bytes.length;
      this.onMessage(bytes, base);
    }
    return bytes;
  }

  /** @throws CkptError when the graph could not be read to its end; what is wrong before that has been reported. */
  override async graph(what: string, watch?: (name: string) => boolean): Promise<Graph> {
    let damage: CkptError | null = null;
    const graph = await super.graph(what, watch, (error) => {
      damage = error;
    });
    const error = damage as CkptError | null;
    // A graph that was indexed to its end is checked for wrong references here, all of them and with their offsets.
    const complete = error === null || (error.code === 'dangling-reference' && error.place.offset === undefined);
    const { base } = graph.wire;
    const coverage = checkGraph(graph, complete, ({ code, position, expected, found }) =>
      this.fault(code, 'graph', base + position, expected, found),
    );
    checkTypes(graph, this.known, (position, expected, found) =>
      this.fault('unknown-shape', 'graph', base + position, expected, found),
    );
    this.#coverage.graphs++;
    this.#coverage.bytes += graph.wire.end;
    this.#coverage.types += coverage.types;
    this.#coverage.objects += coverage.objects;
    this.#coverage.structs += coverage.structs;
    this.#coverage.references += coverage.references;
    if (!complete && error !== null) throw error;
    this.onGraph(graph);
    return graph;
  }
}

function nothing(): StreamCoverage {
  return { bytes: 0, graphs: 0, types: 0, objects: 0, structs: 0, references: 0 };
}
