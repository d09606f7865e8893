/** `ckpt state tree`. */
import type { ProcessIo } from '../io/process-io.ts';
import { stateTree } from '../state-tree.ts';
import type { StateTreeInvocation } from './invocation.ts';
import { answerState } from './state-answer.ts';
import { json } from './write-documents.ts';

/** @returns 0, or 3 when the image is damaged and was answered as far as it could be read */
export async function runStateTree(invocation: StateTreeInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, path, depth, all } = invocation;
  return answerState(
    invocation,
    io,
    (options) => stateTree(image, path, { ...options, all, ...(depth === null ? {} : { depth }) }),
    (document) => ({
      json: () => json(document),
      text: async (options) => {
        const { renderStateTreeText } = await import('../report/state-tree-text.ts');
        return renderStateTreeText(document, options);
      },
    }),
  );
}
