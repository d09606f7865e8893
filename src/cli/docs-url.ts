/** Where the documentation lies, for links in reports. */
import { isHttpAddress } from '../io/http-address.ts';
import type { ProcessIo } from '../io/process-io.ts';

/** CKPT_DOCS_URL with a slash at its end; null when it is not set, or is no http(s) URL. */
export function docsUrl(io: ProcessIo): string | null {
  const given = io.env('CKPT_DOCS_URL');
  if (given === undefined || !isHttpAddress(given) || !URL.canParse(given)) return null;
  const { href } = new URL(given);
  return href.endsWith('/') ? href : `${href}/`;
}
