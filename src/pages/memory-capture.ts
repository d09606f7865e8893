/** Wanted bytes of the saved memory, collected while it is stepped over. */

/** A stretch of a memory file. Offsets are in bytes of that file. */
export interface MemoryRequest {
  /** Owner of the memory file; the empty text is the main file. */
  readonly owner: string;
  readonly start: number;
  readonly end: number;
}

/** Requests that overlap or touch, as one. What the image does not hold of it is zeros, as it is for the processes. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** What is wanted of one memory file. */
export interface FileCapture {
  /** Ascending, without overlap. */
  readonly pieces: readonly Piece[];
  /** First piece that may lie behind what was stepped over. */
  next: number;
  /** Everything before this offset was stepped over. */
  reached: number;
}

/** By owner. */
export type MemoryCapture = ReadonlyMap<string, FileCapture>;

/** A part of a piece that lies in one range. */
export interface WantedPart {
  readonly piece: Piece;
  readonly start: number;
  readonly end: number;
}

/**
 * Begins to collect.
 *
 * @param most bytes that are collected at most; requests beyond that are left out, in their order.
 */
export function beginCapture(requests: readonly MemoryRequest[], most: number): MemoryCapture {
  const byOwner = new Map<string, MemoryRequest[]>();
  const seen = new Set<string>();
  let total = 0;
  for (const request of requests) {
    const { owner, start, end } = request;
    const key = `${start}-${end} ${owner}`;
    if (!(start >= 0 && end > start) || seen.has(key) || total + (end - start) > most) continue;
    seen.add(key);
    total += end - start;
    const list = byOwner.get(owner);
    if (list === undefined) byOwner.set(owner, [request]);
    else list.push(request);
  }
  return new Map([...byOwner].map(([owner, list]) => [owner, { pieces: joined(list), next: 0, reached: 0 }]));
}

function joined(requests: readonly MemoryRequest[]): Piece[] {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of requests.toSorted((a, b) => a.start - b.start)) {
    const last = spans.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans.map(({ start, end }) => ({ start, end, bytes: new Uint8Array(end - start) }));
}

/** What is wanted of a range. Ranges of one file must come in ascending order. */
export function* wantedParts(file: FileCapture, start: number, end: number): Generator<WantedPart> {
  for (;;) {
    const piece = file.pieces[file.next];
    if (piece === undefined || piece.start >= end) return;
    if (piece.end > start) yield { piece, start: Math.max(start, piece.start), end: Math.min(end, piece.end) };
    if (piece.end > end) return;
    file.next++;
  }
}

/** Keeps the bytes of a part. */
export function storePart({ piece, start }: WantedPart, bytes: Uint8Array): void {
  piece.bytes.set(bytes, start - piece.start);
}

/** Why bytes that were asked for are not there: the image ends before them, or does not say where they are; or they were too many. */
export type NotCaptured = 'not-reached' | 'not-collected';

/** The bytes that were asked for. */
export function capturedBytes(capture: MemoryCapture | null, { owner, start, end }: MemoryRequest): Uint8Array | NotCaptured {
  if (start === end) return new Uint8Array(0);
  if (capture === null) return 'not-reached';
  const file = capture.get(owner);
  if (file === undefined) return 'not-collected';
  if (end > file.reached) return 'not-reached';
  let low = 0;
  let high = file.pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((file.pieces[middle] as Piece).end > start) high = middle;
    else low = middle + 1;
  }
  const piece = file.pieces[low];
  if (piece === undefined || piece.start > start || piece.end < end) return 'not-collected';
  return piece.bytes.subarray(start - piece.start, end - piece.start);
}
