/** Files of the host that processes inherited from a caller who will not be there at a restore. */
import { typeOf } from '../graph/graph.ts';
import { field, foundNode, integer } from '../graph/node.ts';
import { attempt, type OnDamage } from './attempt.ts';
import { newElementBudget } from './element-budget.ts';
import { type ResourceId, readResourceId } from './resource-id.ts';
import type { SavedKernel } from './saved-kernel.ts';
import { containerNames, kernelFields } from './threads.ts';

const HOST_INODE = 'pkg/sentry/fsimpl/host.inode';
