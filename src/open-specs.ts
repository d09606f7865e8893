/** The OCI specs of the containers to be restored, by what the caller named. */
import { CkptError } from './errors.ts';
import { readSmallFile, readStandardInput, whatIsAt } from './io/small-files.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { annotatedName, readSpec } from './oci/read-spec.ts';
import type { GivenSpec } from './restore/settings.ts';

/** A spec that could not be read. */
export interface SpecError {
  /** The spec as it was named. */
  readonly spec: string;
  readonly error: CkptError;
}

export interface OpenedSpecs {
  /** In the order given; null in the place of one that could not be read. */
  readonly specs: readonly (GivenSpec | null)[];
  readonly errors: readonly SpecError[];
}

/**
 * Reads specs, each named by the path of its config.json, `-` for standard input, or `container=…` for one of a certain container, unless
 * a file of exactly that path, `=` included, exists. Never throws a CkptError.
 */
export async function openSpecs(named: readonly string[], limits: Limits = DEFAULT_LIMITS): Promise<OpenedSpecs> {
  const specs: (GivenSpec | null)[] = [];
  const errors: SpecError[] = [];
  for (const source of named) {
    try {
      specs.push(await openSpec(source, limits));
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      specs.push(null);
      errors.push({ spec: source, error: error.at({ file: source }) });
    }
  }
  return { specs, errors };
}

async function openSpec(source: string, limits: Limits): Promise<GivenSpec> {
  const { name, place } = splitName(source);
  const what = 'an OCI runtime spec';
  const bytes = place === '-' ? await readStandardInput(limits.specBytes, what) : readSmallFile(place, limits.specBytes, what);
  const spec = readSpec(bytes, limits);
  const own = annotatedName(spec);
  if (name !== null && own !== '' && own !== name) {
    const facts = {
      expected: `the spec of the container ${name}`,
      found: `that of ${own}`,
      hint: 'The container is named by the spec itself',
    };
    throw new CkptError('bad-spec', { layer: 'spec' }, facts);
  }
  return { source, name, spec };
}

function splitName(source: string): { readonly name: string | null; readonly place: string } {
  const at = source.indexOf('=');
  if (at <= 0 || at === source.length - 1 || whatIsAt(source) !== 'nothing') return { name: null, place: source };
  return { name: source.slice(0, at), place: source.slice(at + 1) };
}
