/** `ckpt host list`. */
import { listHosts } from '../host-list.ts';
import type { ProcessIo } from '../io/process-io.ts';
import type { HostListInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

export async function runHostList(invocation: HostListInvocation, io: ProcessIo): Promise<0> {
  const document = await listHosts(invocation.words);
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderHostListText } = await import('../report/host-list-text.ts');
      return renderHostListText(document, options);
    },
  });
  return 0;
}
