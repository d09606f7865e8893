/** Published schemas allow what later versions add; the tests do not. */

/**
 * A copy of a JSON Schema in which every object with named fields has no others, and every list of examples is the list of all values.
 */
export function strictSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) copy[key === 'examples' ? 'enum' : key] = strictSchema(value);
  const open = copy['type'] === 'object' && 'properties' in copy && !('additionalProperties' in copy);
  // What `allOf` adds by the value of a field counts as named.
  return open ? { ...copy, ['allOf' in copy ? 'unevaluatedProperties' : 'additionalProperties']: false } : copy;
}
