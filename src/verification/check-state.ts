/** checkpoint.img: every chunk, and the two graphs that every image begins with. */
import type { PullReader } from '../bytes/pull-reader.ts';
import type { Arch } from '../cpu/feature.ts';
import { readFeatureSet } from '../cpu/feature-set-from-graph.ts';
import { CkptError } from '../errors.ts';
import type { DeclaredType, Graph } from '../graph/graph.ts';
import { objectNode, typeName } from '../graph/node.ts';
import { attempt } from '../kernel/attempt.ts';
import { readSavedSettings, type SavedSettings } from '../kernel/saved-settings.ts';
import { isThreadType, kernelFields, readFpStates, readThreads } from '../kernel/threads.ts';
import type { Limits } from '../limits.ts';
import type { RecognisedBody } from '../statefile/framed-body.ts';
import { HASH_BYTES } from '../statefile/hmac.ts';
import { beginCheck, type Check, type OpenCheck } from './check.ts';
import { checkRelease, type KnownTypes } from './check-types.ts';
import { type CheckedBody, plainBody } from './checked-body.ts';
import { checkedChunks } from './checked-chunks.ts';
import { checkedFlate, LostBytes } from './checked-flate.ts';
import { CheckedStream } from './checked-stream.ts';
import { type Damage, damageOf } from './damage.ts';

/** What a state file is checked with. */
export interface StateOptions {
  readonly key: Uint8Array | null;
  readonly limits: Limits;
  /** Reads what has no hash too. */
  readonly deep: boolean;
  readonly file: string;
  readonly known: KnownTypes;
}

/** A state file whose header is checked and whose body is being read. */
export interface StateInProgress {
  readonly stream: CheckedStream;
  readonly chunks: OpenCheck;
  readonly hashes: OpenCheck;
  readonly body: CheckedBody;
  readonly recognised: RecognisedBody;
  readonly file: string;
}

/** What the two graphs say that is needed to go on. */
export interface CheckedGraphs {
  readonly checks: readonly Check[];
  readonly arch: Arch | null;
  readonly kernelTypes: readonly DeclaredType[] | null;
  readonly settings: SavedSettings | null;
  /** Both were read to their end, so that what follows them can be. */
  readonly complete: boolean;
}

/**
 * Begins to read a body, whose chunks report what is wrong with them as they come.
 *
 * @throws CkptError `truncated` when it ends in its first bytes.
 */
export async function beginBody(reader: PullReader, recognised: RecognisedBody, options: StateOptions): Promise<StateInProgress> {
  const chunks = beginCheck('chunks');
  const hashes = beginCheck('body-hmac');
  const report = (error: CkptError): void => (error.code === 'bad-hmac' ? hashes : chunks).report(damageOf(error, options.file));
  const { framing, hmac, keyVerified } = recognised;
  const of = { present: hmac === 'keyed', key: keyVerified ? options.key : null };
  const origin = framing === 'raw' ? reader.offset : 0;
  let body: CheckedBody;
  if (framing === 'raw') body = plainBody(reader);
  else if (framing === 'flate') body = await checkedFlate(reader, of, options.limits, report);
  else body = checkedChunks(reader, of, report);
  const file = { name: options.file, plain: framing === 'raw' };
  const stream = new CheckedStream(options.deep ? readThrough(body) : body, options.limits, origin, file, options.known);
  return { stream, chunks, hashes, body, recognised, file: options.file };
}

/** The same body, of which every byte is read: where skipping is free, errors of reading would not show. */
function readThrough(body: CheckedBody): CheckedBody {
  let pending: Uint8Array = new Uint8Array(0);
  const next = async (): Promise<Uint8Array | null> => {
    if (pending.length === 0) return body.next();
    const rest = pending;
    pending = new Uint8Array(0);
    return rest;
  };
  return {
    tally: body.tally,
    get atMost() {
      return body.atMost === null ? null : body.atMost + pending.length;
    },
    next,
    async skip(count) {
      let left = count;
      while (left > 0) {
        const block = await next();
        if (block === null) break;
        const used = Math.min(left, block.length);
        left -= used;
        pending = block.subarray(used);
      }
      return count - left;
    },
    async finish() {},
    drain: () => body.drain(),
    place: (decoded) => body.place(decoded),
  };
}

/** Reads what is left, and tells how chunks and their hashes came out. */
export async function finishBody({ chunks, hashes, body, recognised, file }: StateInProgress): Promise<readonly Check[]> {
  let cut = false;
  try {
    await body.drain();
  } catch (error) {
    if (isOfArchive(error)) cut = true;
    else chunks.report(damageOf(error, file));
  }
  const { tally } = body;
  const { framing, hmac, keyVerified } = recognised;
  const covered = { chunks: tally.chunks, bytes: tally.decodedBytes };
  const framed = framing === 'flate' ? 'every chunk inflates' : 'every length leads to the next chunk';
  const chunkCheck =
    framing === 'raw' && !chunks.damaged()
      ? chunks.notDone('the body is neither compressed nor in chunks: its bytes have no checksum', { bytes: tally.decodedBytes })
      : chunks.done(framed, covered);
  if (cut) {
    const why = 'what holds the file is damaged before its end';
    return [chunks.notDone(why, covered), hashes.notDone(why)];
  }
  const compared = { hashes: tally.hashes, bytes: tally.hashes * HASH_BYTES };
  if (hmac !== 'keyed') return [chunkCheck, hashes.notDone('the body has no HMACs')];
  if (keyVerified) return [chunkCheck, hashes.done('every HMAC of the body fits the key', compared)];
  return [chunkCheck, hashes.notDone(`the key is not known: ${tally.unverified} HMACs were not compared`)];
}

/** Whether an error comes from bytes that a damaged chunk took away, which has been told of. */
export function isLost(error: unknown, { chunks }: StateInProgress): boolean {
  if (error instanceof LostBytes || isOfArchive(error)) return true;
  return error instanceof CkptError && error.code === 'truncated' && chunks.damaged();
}

/** Whether what holds the files is damaged, which is told of in its own check. */
export function isOfArchive(error: unknown): boolean {
  return error instanceof CkptError && error.place.layer === 'container';
}

/** Reads and checks the feature set and the kernel. */
export async function checkGraphs(state: StateInProgress): Promise<CheckedGraphs> {
  const first = await checkGraphOf(state, 'feature-set', 'the CPU feature set', 'pkg/cpuid.FeatureSet');
  let arch: Arch | null = null;
  if (first.graph !== null) {
    const graph = first.graph;
    arch = attempt(() => readFeatureSet(graph).arch, first.note);
  }
  const checks = [first.end()];
  if (first.graph === null) {
    const why = 'the graph before it is not readable to its end';
    return {
      checks: [...checks, beginCheck('kernel-graph').notDone(why), beginCheck('kernel').notDone(why)],
      arch,
      kernelTypes: null,
      settings: null,
      complete: false,
    };
  }
  const second = await checkGraphOf(state, 'kernel-graph', 'the kernel graph', 'pkg/sentry/kernel.Kernel');
  const kernel = second.graph;
  if (kernel !== null && arch !== null) second.checkRelease(kernel, arch);
  checks.push(second.end());
  if (kernel === null) {
    const why = 'the kernel graph is not readable to its end';
    return { checks: [...checks, beginCheck('kernel').notDone(why)], arch, kernelTypes: null, settings: null, complete: false };
  }
  const objects = checkKernel(state, kernel);
  return { checks: [...checks, objects.check], arch, kernelTypes: kernel.types, settings: objects.settings, complete: true };
}

async function checkGraphOf(state: StateInProgress, id: 'feature-set' | 'kernel-graph', what: string, rootType: string) {
  const { stream } = state;
  const check = beginCheck(id);
  stream.report = check.report;
  const start = stream.offset;
  let graph: Graph | null = null;
  let lost: string | null = null;
  const note = (error: CkptError): void => check.report(stream.damage(error.at({ offset: start })));
  try {
    graph = await stream.graph(what, isThreadType);
    const name = typeName(objectNode(graph, 1));
    if (name !== rootType)
      stream.fault('unknown-shape', 'graph', start, `an object of ${rootType} first`, name ?? 'another value');
  } catch (error) {
    if (isLost(error, state)) lost = 'the body is not readable to the end of this graph';
    else stream.note(error, start);
  }
  const { bytes, types, objects, structs, references } = stream.covered();
  const covered = { bytes, types, objects, structs, references };
  const end = (): Check =>
    lost === null ? check.done('every object, reference and field count is in order', covered) : check.notDone(lost, covered);
  const release = (whole: Graph, arch: Arch): void =>
    checkRelease(whole, stream.known.history, arch, (position, expected, found) =>
      stream.fault('unknown-shape', 'graph', whole.wire.base + position, expected, found),
    );
  return { graph, note, end, checkRelease: release };
}

/** What runsc reads of the kernel beyond its shape: threads, floating-point states, settings. */
function checkKernel(state: StateInProgress, graph: Graph): { readonly check: Check; readonly settings: SavedSettings | null } {
  const check = beginCheck('kernel');
  const { stream } = state;
  const note = (error: CkptError): void => check.report(stream.damage(error));
  const fields = attempt(() => kernelFields(graph), note);
  if (fields === null) return { check: check.done(''), settings: null };
  const threads = attempt(() => readThreads(graph, fields, note), note) ?? [];
  const states = attempt(() => readFpStates(graph, threads, note), note) ?? [];
  const settings = attempt(() => readSavedSettings(fields), note);
  const covered = { threads: threads.length, fpuStates: states.length };
  return { check: check.done('threads, floating-point states and settings are readable', covered), settings };
}

/** A body that is not recognised: what is wrong with it, and what is not checked for that reason. */
export function unreadableBody(damage: Damage | null): readonly Check[] {
  const chunks = beginCheck('chunks');
  if (damage !== null) chunks.report(damage);
  const why = damage === null ? 'the header before it cannot be read' : 'the body cannot be read';
  return [
    chunks.notDone(why),
    ...(['body-hmac', 'feature-set', 'kernel-graph', 'kernel', 'end'] as const).map((id) => beginCheck(id).notDone(why)),
  ];
}
