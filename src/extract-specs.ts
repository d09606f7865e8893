/** The OCI specs that an image carries, as they were saved. */

import { CkptError, UsageError } from './errors.ts';
import { shownPath } from './io/http-address.ts';
import { hideEnvironment } from './kernel/hide-environment.ts';
import type { Limits } from './limits.ts';
import { memberTexts } from './oci/spec-texts.ts';
import { readImage } from './read-image.ts';

export interface ExtractSpecsOptions {
  readonly key?: Uint8Array;
  readonly limits?: Limits;
  /** Only this container, by its name in the specs. */
  readonly container?: string;
  /** Values of environment variables too: they are secrets. */
  readonly showEnv?: boolean;
}

/** The spec of one container. */
export interface ExtractedSpec {
  /** Its name as runsc matches containers. */
  readonly container: string;
  /** The config.json, character by character as it was saved, but for values that were hidden. */
  readonly text: string;
  /** It has values of environment variables, which are not in the text. */
  readonly hidden: boolean;
}

/**
 * The specs of an image, by name of the container.
 *
 * @throws CkptError of any layer up to the kernel, `not-found` when the image has none, `bad-metadata`; UsageError when it has none of that container.
 * @see gVisor bd4833697 (2025-04-02): `container_specs`; between 2024-09-11 and that day they are in the kernel graph
 */
export async function extractSpecs(path: string, options: ExtractSpecsOptions = {}): Promise<ExtractedSpec[]> {
  const { key = null, limits, container, showEnv = false } = options;
  const image = await readImage(path, { depth: 'kernel', key, ...(limits === undefined ? {} : { limits }) });
  const json = image.statefile.header.metadata.get('container_specs') ?? image.kernel?.settings.containerSpecs ?? null;
  if (json === null) throw image.damage ?? noSpecs(path);
  let members: ReturnType<typeof memberTexts>;
  try {
    members = memberTexts(json);
  } catch (error) {
    throw new CkptError(
      'bad-metadata',
      { layer: 'metadata', file: shownPath(path) },
      { expected: 'container_specs as a JSON object of OCI specs', found: 'something else', hint: 'The image is damaged' },
      { cause: error },
    );
  }
  const wanted = container === undefined ? members : members.filter(({ name }) => name === container);
  if (wanted.length === 0 && container !== undefined) throw noSuchSpec(container, members);
  return wanted.map(({ name, text }) => {
    const without = showEnv ? null : hideEnvironment(text, false);
    return { container: name, text: without ?? text, hidden: without !== null };
  });
}

function noSpecs(path: string): CkptError {
  return new CkptError(
    'not-found',
    { layer: 'metadata', file: shownPath(path) },
    {
      expected: 'the OCI specs of the containers',
      found: 'none',
      hint: 'runsc keeps them in images since September 2024',
    },
  );
}

function noSuchSpec(container: string, members: readonly { readonly name: string }[]): UsageError {
  const names = members.map(({ name }) => name).join(', ');
  return new UsageError(`the image has no spec of a container ${JSON.stringify(container)}; its containers are ${names}`);
}
