/** Which object a reference leads to: the identity of files, sockets and endpoints. */
import { type Node, readNode } from '../graph/node.ts';

/**
 * Id of the object that a reference (perhaps inside interfaces) leads into; 0 for nil and for what is no reference.
 *
 * A reference to a part of an object gives that object: the file of a socket is a part of the socket.
 *
 * @throws CkptError `truncated`, `bad-varint`, `unknown-kind`.
 */
export function objectOf(node: Node | null): number {
  let current = node;
  for (let steps = 0; current !== null && steps < 64; steps++) {
    const value = readNode(current);
    if (value.kind === 'ref') return value.root;
    if (value.kind !== 'interface') return 0;
    current = { ...current, at: value.value };
  }
  return 0;
}
