/** gVisor's intrusive lists: every item holds an entry with the references to its neighbours. */
import { CkptError } from '../errors.ts';
import { fieldAt, type Node, pathOf } from '../graph/node.ts';
import type { SocketReading } from './network/socket-reading.ts';

/**
 * The items of a list from its head on.
 *
 * @param list a struct with `head`.
 * @param entry name of the field of an item that holds `next`.
 *
 * @throws CkptError `inconsistent` when the list leads back to an item, `over-limit`, `dangling-reference`, `unknown-shape`.
 * @see gVisor pkg/ilist/list.go
 */
export function* listItems(list: Node, entry: string, reading: Pick<SocketReading, 'spend'>): Generator<Node> {
  const seen = new Set<number>();
  for (let item = fieldAt(list, 'head'); item !== null; item = fieldAt(item, entry, 'next')) {
    if (seen.has(item.at.position)) {
      throw new CkptError(
        'inconsistent',
        { layer: 'kernel', path: pathOf(list) },
        { expected: 'a list that ends', found: 'a list that leads back to one of its items', hint: 'The image is damaged' },
      );
    }
    seen.add(item.at.position);
    reading.spend(1, list);
    yield item;
  }
}
