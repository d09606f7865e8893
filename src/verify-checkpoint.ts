/** A full checkpoint that is verified: its state file, and what lies beside it. */
import { PullReader } from './bytes/pull-reader.ts';
import { openState } from './container/open-container.ts';
import { beginCheck, type Check } from './verification/check.ts';
import { type CheckedHeader, checkHeader } from './verification/check-header.ts';
import {
  beginBody,
  type CheckedGraphs,
  checkGraphs,
  finishBody,
  isOfArchive,
  type StateInProgress,
  unreadableBody,
} from './verification/check-state.ts';
import { damageOf } from './verification/damage.ts';
import type { VerifyContext } from './verification/verified-files.ts';
import { dateOf, memoryChecks, memoryInStream, memoryOptions, type StreamMemory } from './verify-memory.ts';

/**
 * Checks a full checkpoint, its state file first: of an archive in a pipe the files come one after the other.
 *
 * @throws CkptError `empty`, `not-an-image` when nothing says that it is a state file, and those of opening it.
 */
export async function verifyCheckpoint(
  context: VerifyContext,
): Promise<{ readonly checks: readonly Check[]; readonly keyed: boolean; readonly keyVerified: boolean }> {
  const { container, watch } = context;
  const source = watch(await openState(container));
  let head: CheckedHeader;
  let state: StateInProgress | null = null;
  let graphs: CheckedGraphs | null = null;
  let inStream: StreamMemory | null = null;
  const checks: Check[] = [];
  try {
    const reader = new PullReader(source);
    head = await readHead(reader, context);
    checks.push(...head.checks);
    state = await begin(reader, head, context, checks);
    if (state !== null) {
      graphs = await checkGraphs(state);
      checks.push(...graphs.checks);
      inStream = await memoryInStream(state, graphs, head, context);
      checks.push(...(await finishBody(state)));
    }
  } finally {
    await source.close();
  }
  const date = head.header === null ? null : await dateOf(head.header, graphs);
  checks.push(...(await memoryChecks(context, state, inStream, memoryOptions(date, graphs))));
  const keyed = head.body?.hmac === 'keyed';
  return { checks, keyed, keyVerified: head.body?.keyVerified === true };
}

async function readHead(reader: PullReader, context: VerifyContext): Promise<CheckedHeader> {
  try {
    return await checkHeader(reader, context);
  } catch (error) {
    if (!isOfArchive(error)) throw error;
    const why = 'what holds the file is damaged before its end';
    const checks = [beginCheck('header').notDone(why), beginCheck('header-hmac').notDone(why)];
    return { checks, header: null, body: null, bodyDamage: null, compression: null };
  }
}

async function begin(
  reader: PullReader,
  head: CheckedHeader,
  context: VerifyContext,
  checks: Check[],
): Promise<StateInProgress | null> {
  if (head.body === null) {
    checks.push(...unreadableBody(head.bodyDamage));
    return null;
  }
  try {
    return await beginBody(reader, head.body, context);
  } catch (error) {
    checks.push(...unreadableBody(damageOf(error, context.file)));
    return null;
  }
}
