/** What runsc prints when it refuses a type. */
import type { TypesFit } from './image-facts.ts';

type First = NonNullable<Extract<TypesFit, { kind: 'compared' }>['first']>;

/**
 * The message, or null where it holds what the image does not tell. The value of the object is printed by Go with pointers, which differ
 * from run to run: all are shown as 0xc000000000.
 *
 * @see gVisor pkg/state/decode.go: decodeState.Load; pkg/state/types.go: typeDecodeDatabase.Lookup, LookupType. The same since 2020
 */
export function refusalText(first: First): string | null {
  const { objectId, goType, goValue } = first;
  const inner = innerText(first);
  if (goType === null || goValue === null || inner === null) return null;
  return `error decoding object ID ${objectId} (${goType}) from ${goValue}: ${inner}`;
}

function innerText({ name, image, release, as }: First): string | null {
  if (release === null) {
    // A struct that is part of another is decoded into what the restoring runsc has there, whose name is not known.
    return as === 'name' ? `type name ${JSON.stringify(name)} is not available` : null;
  }
  const lists = `[${release.join(' ')}] (decode) and [${image.join(' ')}] (encode)`;
  if (release.length !== image.length) return `type ${JSON.stringify(name)} contains different fields: ${lists}`;
  // The message names the first field that has no counterpart where it means to name the type.
  const missing = release.find((field) => !image.includes(field));
  return missing === undefined ? null : `type ${JSON.stringify(missing)} has mismatched fields: ${lists}`;
}
