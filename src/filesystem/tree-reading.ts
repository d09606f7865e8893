/** What the reading of all saved trees of one image shares: a ceiling on all that is read one by one. */
import { CkptError } from '../errors.ts';
import { type Node, pathOf } from '../graph/node.ts';
import type { FileReading } from '../kernel/files/file-reading.ts';
import type { Limits } from '../limits.ts';

export interface TreeReading extends FileReading {
  /** Whether the ceiling was met: then nothing more is read of this image. */
  readonly spent: () => boolean;
}

/** @param limits `elements` counts names, stretches of files and attributes of all trees together. */
export function newTreeReading({ elements }: Pick<Limits, 'elements'>): TreeReading {
  let read = 0;
  return {
    spent: () => read > elements,
    spend(count: number, where: Node) {
      read += count;
      if (read <= elements) return;
      throw new CkptError(
        'over-limit',
        { layer: 'kernel', path: pathOf(where) },
        {
          expected: `at most ${elements} names, stretches and attributes in all saved file systems`,
          found: 'more',
          hint: 'The image is damaged or hostile, or the limit `elements` must be raised',
        },
      );
    },
  };
}
