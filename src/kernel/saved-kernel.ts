/** The decoded kernel graph, as far as the gates and the inspection need it. */
import type { CkptError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { SavedSettings } from './saved-settings.ts';
import type { SavedFpState, SavedThread } from './threads.ts';

export interface SavedKernel {
  readonly graph: Graph;
  readonly threads: readonly SavedThread[];
  readonly fpStates: readonly SavedFpState[];
  readonly settings: SavedSettings;
  /** Files of a writable layer were not saved (2023-01-31 to 2023-11-29). */
  readonly privateMemoryLost: boolean;
  /** Parts of the above that could not be read and are missing: runsc would refuse the image as well. */
  readonly unread: readonly CkptError[];
}
