/** `ckpt state types`. */
import type { ProcessIo } from '../io/process-io.ts';
import { stateTypes } from '../state-types.ts';
import type { StateTypesInvocation } from './invocation.ts';
import { answerState } from './state-answer.ts';
import { json } from './write-documents.ts';

/** @returns 0, or 3 when the image is damaged and was answered as far as it could be read */
export async function runStateTypes(invocation: StateTypesInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, all } = invocation;
  return answerState(
    invocation,
    io,
    (options) => stateTypes(image, { ...options, largest: all ? 100 : 20 }),
    (document) => ({
      json: () => json(document),
      text: async (options) => {
        const { renderStateTypesText } = await import('../report/state-types-text.ts');
        return renderStateTypesText(document, { ...options, all });
      },
    }),
  );
}
