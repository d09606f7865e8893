/** What the formats for CI need beside a document: how a result is taken apart, and what the codes mean. */
export { findingsOf } from './restore/findings.ts';
export { REASONS } from './restore/reasons.ts';
