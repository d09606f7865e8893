/** `ckpt state get`. */
import type { ProcessIo } from '../io/process-io.ts';
import { stateGet } from '../state-get.ts';
import type { StateGetInvocation } from './invocation.ts';
import { answerState } from './state-answer.ts';
import { json } from './write-documents.ts';

/** @returns 0, or 3 when the image is damaged and was answered as far as it could be read */
export async function runStateGet(invocation: StateGetInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, path, depth, all } = invocation;
  return answerState(
    invocation,
    io,
    (options) => stateGet(image, path, { ...options, all, ...(depth === null ? {} : { depth }) }),
    (document) => ({
      json: () => json(document),
      text: async () => {
        const { renderStateGetText } = await import('../report/state-get-text.ts');
        return renderStateGetText(document);
      },
    }),
  );
}
