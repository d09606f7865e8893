/** Compares the OCI specs of two images, field by field. */
import { compareJson, type ListKeys, sideOf } from './compare-json.ts';
import { pairByKey } from './compare-lists.ts';
import type { Difference } from './difference.ts';

/** One container and its spec as parsed JSON. */
export interface NamedSpec {
  readonly name: string;
  readonly spec: unknown;
}

/** Shown instead of the value of an environment variable, or of anything that holds some. */
const HIDDEN = '(value hidden)';

/** What identifies an item of the lists of an OCI spec whose order means nothing. @see OCI runtime-spec, config.md */
const KEYS: ListKeys = {
  mounts: (item) => textField(item, 'destination'),
  env: (item) => (typeof item === 'string' ? (item.split('=', 1)[0] as string) : ''),
  rlimits: (item) => textField(item, 'type'),
  namespaces: (item) => textField(item, 'type'),
  devices: (item) => textField(item, 'path'),
};

/**
 * The differences of the containers: of those on one side their names, of those on both every field of the spec.
 *
 * Values of environment variables are hidden unless `showEnv`; that one differs is said.
 */
export function compareSpecs(a: readonly NamedSpec[], b: readonly NamedSpec[], showEnv: boolean): Difference[] {
  return pairByKey(a, b, ({ name }) => name).flatMap(({ a: left, b: right }): Difference[] => {
    const subject = `container ${(left ?? right)?.name ?? ''}`;
    const section = 'containers';
    if (left === null || right === null)
      return [{ section, change: left === null ? 'added' : 'removed', subject, field: null, a: null, b: null }];
    return compareJson(left.spec, right.spec, KEYS).map((one) => {
      const secret = !showEnv && /^(process(\.env\b.*)?)?$/s.test(one.path);
      const side = (value: unknown) => (secret && value !== undefined ? HIDDEN : sideOf(value));
      return { section, change: 'changed', subject, field: one.path, a: side(one.a), b: side(one.b) };
    });
  });
}

function textField(item: unknown, name: string): string {
  if (typeof item !== 'object' || item === null || !Object.hasOwn(item, name)) return '';
  const value = (item as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}
