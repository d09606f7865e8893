/** One image and one host: every gate, the verdict, the first failure, the advice. */
import { relationOf } from '../cpu/compare-features.ts';
import type { ErrorCode, ErrorLayer } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { adviceFor } from './advice.ts';
import { type GateAnswer, type GateFailure, positionOf, reason, unknown } from './gate.ts';
import { ALL_GATES } from './gates/all-gates.ts';
import { readerErrorPrefix } from './gates/image-readable.ts';
import type { ImageFacts } from './image-facts.ts';
import { judgedHost } from './judged-host.ts';
import type { CheckResult, GateId, GateResult, Reason } from './result.ts';
import { type Rules, selectRules } from './rules.ts';
import { NO_SETTINGS, type RestoreSettings } from './settings.ts';
import { requireGates, verdictOf } from './verdict.ts';

/** What the caller says about the restore. */
export interface EvaluateInput {
  /** Version of the restoring runsc as the caller gave it (`--runsc-version`), or null. */
  readonly runscVersion: string | null;
  /** Gates that must be answered (`--require`). */
  readonly require?: readonly GateId[];
  /** How the new sandbox is set up, as far as that is known. */
  readonly settings?: RestoreSettings;
}

/** Why an image that is recognisable as one could not be read to its end. */
export interface Damage {
  readonly code: ErrorCode;
  readonly layer: ErrorLayer;
  readonly offset: number | null;
  readonly expected: string;
  readonly found: string;
}

/** What is known of an image that could be read only in part. */
export type PartialFacts = Partial<ImageFacts> & Pick<ImageFacts, 'path'>;

/** Predicts the restore of an image on a host. A negative verdict is a value; nothing is thrown. */
export function evaluate(image: ImageFacts, host: Host, input: EvaluateInput): CheckResult {
  return evaluateFacts(image, null, host, input);
}

/**
 * Predicts the restore of an image that is recognisable but damaged: the gate `image-readable` fails, and the others answer as far as
 * what they look at was read.
 */
export function evaluateUnreadable(known: PartialFacts, damage: Damage, host: Host, input: EvaluateInput): CheckResult {
  return evaluateFacts(known, damage, host, input);
}

/** The rules by which a pair is judged. */
export function rulesFor(image: Partial<ImageFacts>, host: Host, input: EvaluateInput): Rules {
  return selectRules(
    { runscVersion: image.runscVersion ?? null, typesRelease: image.typesRelease ?? null },
    { flag: input.runscVersion, host: host.runscVersion.value },
  );
}

function evaluateFacts(image: PartialFacts, damage: Damage | null, host: Host, input: EvaluateInput): CheckResult {
  const rules = rulesFor(image, host, input);
  const readable = damage === null ? image : withoutKernelFacts(image, rules);
  const gates: GateResult[] = [];
  let first: { readonly id: GateId; readonly failure: GateFailure } | null = null;
  for (const gate of ALL_GATES) {
    let answer = gate.check(readable, host, rules, input.settings ?? NO_SETTINGS) ?? unreadable(damage, image);
    if (gate.id === 'image-readable' && damage !== null) answer = damaged(answer, damage, image, rules);
    if (answer.failure !== null && (first === null || answer.failure.position < first.failure.position)) {
      first = { id: gate.id, failure: answer.failure };
    }
    gates.push({ id: gate.id, outcome: answer.outcome, reasons: answer.reasons });
  }
  const required = requireGates(gates, input.require ?? []);
  const features = featureLists(required);
  return {
    image: {
      path: image.path,
      runscVersion: image.runscVersion?.value ?? null,
      arch: image.arch ?? null,
      createdAt: image.createdAt ?? null,
      compression: image.compression ?? null,
    },
    host: judgedHost(host),
    rules: { release: rules.release, from: rules.from },
    verdict: verdictOf(required.map((gate) => gate.outcome)),
    relation:
      image.cpu === undefined || image.arch !== host.arch ? null : relationOf(image.cpu, host.features, rules.date, host.cpuid),
    firstFailure: first?.id ?? null,
    runscError: first?.failure.error ?? null,
    missingFeatures: features.missing,
    unknownFeatures: features.unknown,
    gates: required,
    advice: adviceFor(image, host, rules, required),
  };
}

/** Where a release looks into the kernel graph and that could not be read, a version or specs that were not found may still be there. */
function withoutKernelFacts(image: PartialFacts, rules: Rules): PartialFacts {
  if (image.tasks !== undefined) return image;
  const { runscVersion, containerSpecsFrom, ...rest } = image;
  return {
    ...rest,
    ...(runscVersion === undefined || !rules.has('version-in-header') ? {} : { runscVersion }),
    ...(containerSpecsFrom === undefined || !rules.has('specs-in-header') ? {} : { containerSpecsFrom }),
  };
}

/** The names of the gate `cpu-features`, in feature-number order. */
function featureLists(gates: readonly GateResult[]): { readonly missing: string[]; readonly unknown: string[] } {
  const lists = { missing: [] as string[], unknown: [] as string[] };
  for (const because of gates.flatMap((gate) => gate.reasons)) {
    if (because.code === 'CKPT1601') lists.missing = because.details.features.map((feature) => feature.name);
    if (because.code === 'CKPT1602') lists.unknown = because.details.features.map((feature) => feature.name);
  }
  return lists;
}

/** What a gate answers whose facts could not be read. */
function unreadable(damage: Damage | null, image: Partial<ImageFacts>): GateAnswer {
  return unknown(
    reason('CKPT1009', damageOrder(damage, image), 'not decided: the image could not be read', {
      code: damage?.code ?? 'unknown-shape',
    }),
  );
}

function damaged(answer: GateAnswer, damage: Damage, image: Partial<ImageFacts>, rules: Rules): GateAnswer {
  const order = damageOrder(damage, image);
  const { code, layer, offset, expected, found } = damage;
  const where = offset === null ? '' : ` at offset ${offset}`;
  const message = `the image cannot be read (${layer}): expected ${expected}, found ${found}${where}`;
  const because = reason('CKPT1008', order, message, { code, layer, offset, expected, found });
  const own: GateFailure = { position: positionOf(order, rules), error: damageError(damage, order, rules) };
  const failure = answer.failure !== null && answer.failure.position <= own.position ? answer.failure : own;
  const others: readonly Reason[] = answer.outcome === 'fail' ? answer.reasons : [];
  return { outcome: 'fail', reasons: [because, ...others].sort((a, b) => a.order - b.order), failure };
}

/** Numbers of the conditions that checkpoint.img is not empty, and that its header is in order. */
const EMPTY = 12;
const HEADER = 13;
const HEADER_LAYERS: readonly ErrorLayer[] = ['file', 'header', 'metadata', 'key'];

/** The number of the condition at which runsc meets the damage: header, first graph, kernel graph, or memory. */
function damageOrder(damage: Damage | null, image: Partial<ImageFacts>): number {
  if (damage?.code === 'empty') return EMPTY;
  if (damage === null || HEADER_LAYERS.includes(damage.layer)) return HEADER;
  if (image.cpu === undefined) return 29;
  return image.tasks === undefined ? 32 : 34;
}

/** What runsc prints of damage in the header, as measured (docs/decisions/runsc-experiments.md); null where its words are Go's own or unknown. */
function damageError(damage: Damage, order: number, rules: Rules): string | null {
  if (damage.code === 'empty') return rules.has('pages-file') ? 'statefile cannot be empty' : 'file cannot be empty';
  if (order !== HEADER) return null;
  if (damage.code === 'bad-hmac') return rules.has('hmac-only-keyed') ? null : `${readerErrorPrefix(rules)}hash mismatch`;
  if (damage.code === 'unknown-compression')
    return rules.has('compression-key') ? `${readerErrorPrefix(rules)}flags set is invalid` : null;
  const text = headerText(damage);
  // From 2024-04-29 to 2025-04-07 the metadata is read by itself first.
  const alone = rules.has('container-count-checked') && !rules.has('reader-first');
  return text === null ? null : `${alone ? 'reading metadata from statefile: ' : readerErrorPrefix(rules)}${text}`;
}

const MAGIC_BYTES = 8;
const PREFIX_BYTES = 16;

function headerText({ code, layer, offset }: Damage): string | null {
  if (code === 'over-limit' && layer === 'header') return 'metadata length invalid, maximum size is 16777216';
  if (code !== 'truncated' || offset === null || (layer !== 'header' && layer !== 'metadata')) return null;
  if (offset < MAGIC_BYTES) return 'bad magic header';
  return offset === MAGIC_BYTES || offset === PREFIX_BYTES ? 'EOF' : 'unexpected EOF';
}
