/** Who a task acts as: user, groups and capabilities. */
import { integer, type Node } from '../../graph/node.ts';
import { type ElementBudget, elementsWithin } from '../element-budget.ts';
import { flagIn, integerIn, numberIn, structOf } from '../struct-values.ts';

/** Real, effective and saved id, numbered as in the root user namespace. gVisor has no separate file-system id: it is the effective one. */
export interface SavedIds {
  readonly real: number | null;
  readonly effective: number | null;
  readonly saved: number | null;
}

/** A set of capabilities: bit n is capability n of Linux. */
export interface SavedCapabilities {
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly bounding: bigint;
  /** Null before release-20260615.0, which has no ambient set. */
  readonly ambient: bigint | null;
}

export interface SavedCredentials {
  readonly uid: SavedIds;
  readonly gid: SavedIds;
  /** Supplementary groups, in their order. */
  readonly groups: readonly number[];
  readonly capabilities: SavedCapabilities;
  /** SECBIT_KEEP_CAPS. */
  readonly keepCapabilities: boolean;
  /** The user namespace: a reference. */
  readonly userNamespace: Node | null;
}

/**
 * Reads auth.Credentials.
 *
 * @param node Task.creds: an AtomicPtrCredentials.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/kernel/auth/credentials.go
 */
export function readCredentials(node: Node | undefined, budget: ElementBudget): SavedCredentials | null {
  const target = structOf(node).get('ptr');
  const creds = structOf(target);
  if (creds.size === 0) return null;
  const ids = (kind: 'KUID' | 'KGID'): SavedIds => ({
    real: numberIn(creds, `Real${kind}`),
    effective: numberIn(creds, `Effective${kind}`),
    saved: numberIn(creds, `Saved${kind}`),
  });
  const bits = (name: string): bigint => BigInt.asUintN(64, integerIn(creds, name) ?? 0n);
  return {
    uid: ids('KUID'),
    gid: ids('KGID'),
    groups: Array.from(elementsWithin(creds.get('ExtraKGIDs'), budget), (group) => Number(integer(group))),
    capabilities: {
      inheritable: bits('InheritableCaps'),
      permitted: bits('PermittedCaps'),
      effective: bits('EffectiveCaps'),
      bounding: bits('BoundingCaps'),
      ambient: creds.has('AmbientCaps') ? bits('AmbientCaps') : null,
    },
    keepCapabilities: flagIn(creds, 'KeepCaps') ?? false,
    userNamespace: creds.get('UserNamespace') ?? null,
  };
}
