/** Codes with what they are called. */
import { LINTS } from '../fleet/lint-codes.ts';
import { ADVICE, REASONS } from '../restore/reasons.ts';
import type { CodeRef } from './log-finding.ts';

type KnownCode = keyof typeof REASONS | keyof typeof ADVICE | keyof typeof LINTS;

const TITLES: Readonly<Record<string, { readonly title: string }>> = { ...REASONS, ...ADVICE, ...LINTS };

/** A code that there is, with its title and the page about it. */
export function codeRef(code: KnownCode): CodeRef {
  return {
    code,
    title: TITLES[code]?.title ?? '',
    page: code in LINTS ? `docs/lints.md#${code.toLowerCase()}` : `docs/reasons/${code}.md`,
  };
}
