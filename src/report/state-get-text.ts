/** One value of the object graphs, for people and for jq: the value alone, as JSON. */
import type { StateGetDocument } from '../state-get.ts';
import { renderJson } from './json.ts';

/** Ends with one newline. */
export function renderStateGetText({ value }: StateGetDocument): string {
  return renderJson(value);
}
