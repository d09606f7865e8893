/** `ckpt state find`. */
import type { ProcessIo } from '../io/process-io.ts';
import { stateFind } from '../state-find.ts';
import type { StateFindInvocation } from './invocation.ts';
import { answerState } from './state-answer.ts';
import { json } from './write-documents.ts';

/** @returns 0, or 3 when the image is damaged and was answered as far as it could be read */
export async function runStateFind(invocation: StateFindInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, type, where, show, depth, all } = invocation;
  return answerState(
    invocation,
    io,
    (options) => stateFind(image, type, { ...options, where, show, all, ...(depth === null ? {} : { depth }) }),
    (document) => ({
      json: () => json(document),
      text: async (options) => {
        const { renderStateFindText } = await import('../report/state-find-text.ts');
        return renderStateFindText(document, { ...options, show });
      },
    }),
  );
}
