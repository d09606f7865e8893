/**
 * The library of `ckpt`: the use cases of the command line as functions that return plain, versioned values.
 *
 * ```ts
 * import { check, inspect } from 'ckpt';
 * const answer = await check({ images: ['image.state'], hosts: ['current'] });
 * ```
 */
export { type Affinity, type AffinityOptions, affinity } from './affinity.ts';
export { type BaselineAnswer, type BaselineOptions, baseline } from './baseline.ts';
export { type CheckOptions, check } from './check.ts';
export {
  type ApplyPolicyOptions,
  acceptFindings,
  applyPolicy,
  type OpenConfigOptions,
  type OpenedConfig,
  openConfig,
} from './config.ts';
export { type DiffDocument, type DiffOptions, diff } from './diff.ts';
export { CkptError, type ErrorCode, type ErrorDocument, type ErrorLayer, UsageError } from './errors.ts';
export { type ExplainDocument, explain } from './explain.ts';
export {
  type ExtractArchiveOptions,
  type ExtractDirectoryOptions,
  type ExtractOptions,
  extractArchive,
  extractDirectory,
  listFiles,
} from './extract.ts';
export { type ExtractMemoryOptions, extractMemory } from './extract-memory.ts';
export { type ExtractedSpec, type ExtractSpecsOptions, extractSpecs } from './extract-specs.ts';
export type { CoreDocument } from './extraction/core-document.ts';
export type { ExtractDocument, ExtractError, ExtractedFile, ExtractedFileSystem, ExtractNote } from './extraction/document.ts';
export type { OutputPlace } from './extraction/output.ts';
export type { AffinityDocument, AffinityForm, LabelVocabulary } from './fleet/affinity-document.ts';
export type { BaselineDocument } from './fleet/baseline-document.ts';
export type { LintDocument } from './fleet/lint-document.ts';
export type { PlanDocument } from './fleet/plan-document.ts';
export type { HostComparison } from './host/compare-hosts.ts';
export type { HostProfile } from './host/profile.ts';
export { captureHost, diffHosts, type HostOptions, probeExecutable, type ShownHosts, showHosts } from './host.ts';
export { type HostLabelsDocument, hostLabels, type LabelledHost } from './host-labels.ts';
export { type HostList, type ListedModel, listHosts } from './host-list.ts';
export { type InspectOptions, inspect, inspectImage } from './inspect.ts';
export { type InspectDocument, SECTIONS, type Section } from './inspection/document.ts';
export type { FilesystemInspection, FilesystemSection } from './inspection/filesystem.ts';
export type { PageImage, PagesDocument, PagesError, PagesTogether } from './inspection/page-document.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { lintAnnotations, lintExitCode } from './lint-annotations.ts';
export { type PackDocument, type PackOptions, pack } from './pack.ts';
export type { PackedMember } from './packing/pack-writer.ts';
export { type PagesOptions, pages } from './pages.ts';
export { type PlanOptions, plan, planExitCode } from './plan.ts';
export type { Weight } from './plan-inputs.ts';
export type { DocumentPolicy, Finding, JudgedFinding, PairPolicy } from './restore/finding.ts';
export type {
  Advice,
  CheckDocument,
  CheckError,
  CheckResult,
  GateId,
  GateOutcome,
  GateResult,
  Reason,
  Relation,
  Verdict,
} from './restore/result.ts';
export type { NetworkMode, SpecPolicy } from './restore/settings.ts';
export { type CheckExitCode, exitCodeOf, type OnUnknown } from './restore/verdict.ts';
export { type DumpDifference, type DumpWriter, type StateDumpOptions, type StateDumpResult, stateDump } from './state-dump.ts';
export { type StateFindDocument, type StateFindOptions, stateFind, TypeNameError } from './state-find.ts';
export {
  PathError,
  type StateGetDocument,
  type StateGetOptions,
  stateGet,
} from './state-get.ts';
export { type StateSchemaOptions, stateSchema } from './state-schema.ts';
export type { StateSchemaDocument } from './state-schema-document.ts';
export { type StateTreeDocument, type StateTreeOptions, stateTree } from './state-tree.ts';
export { type StateTypesDocument, type StateTypesOptions, stateTypes } from './state-types.ts';
export type { Check, CheckId, CheckOutcome } from './verification/check.ts';
export type { Damage } from './verification/damage.ts';
export {
  type VerifiedImage,
  type VerifyDocument,
  type VerifyError,
  type VerifyOptions,
  type VerifyVerdict,
  verify,
} from './verify.ts';
export { type WrittenLevel, writeLevel } from './write-level.ts';
export { type SpecsDocument, writeSpecs } from './write-specs.ts';
