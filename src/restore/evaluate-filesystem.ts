/** One filesystem checkpoint and one host: the gates of `runsc create -fs-restore-image-path`, verdict, first failure, advice. */
import type { FilesystemCheckpoint } from '../filesystem/filesystem-checkpoint.ts';
import type { Host } from '../host/host.ts';
import { adviceFor } from './advice.ts';
import type { EvaluateInput } from './evaluate.ts';
import { FILESYSTEM_ORDER, type FilesystemGate, type ReadCheckpoint } from './filesystem-gate.ts';
import { type GateAnswer, type GateFailure, reason, unknown } from './gate.ts';
import { fsBounds } from './gates/fs-bounds.ts';
import { fsEndianness } from './gates/fs-endianness.ts';
import { fsPageSize } from './gates/fs-page-size.ts';
import { fsReadable } from './gates/fs-readable.ts';
import { fsRunscVersion } from './gates/fs-runsc-version.ts';
import { fsVersion } from './gates/fs-version.ts';
import { judgedHost } from './judged-host.ts';
import type { Advice, CheckResult, GateId, GateResult } from './result.ts';
import { selectRules } from './rules.ts';
import { requireGates, verdictOf } from './verdict.ts';

/** Where the image is may be an archive or a server, so that runsc gets a directory of its files. */
const HOW_TO_USE: Advice = {
  code: 'CKPT2018',
  message:
    '`runsc restore` does not take a filesystem checkpoint: give the directory with its files to `runsc create` or `runsc run` of a new container',
  setting: '-fs-restore-image-path=DIR',
};

/** Every gate once, in the order of `FILESYSTEM_GATE_IDS`. */
const FILESYSTEM_GATES: readonly FilesystemGate[] = [fsReadable, fsVersion, fsRunscVersion, fsPageSize, fsEndianness, fsBounds];

/** Predicts whether a new container on a host takes the files. A negative verdict is a value; nothing is thrown. */
export function evaluateFilesystem(checkpoint: FilesystemCheckpoint, host: Host, input: EvaluateInput): CheckResult {
  const version = checkpoint.manifest?.runscVersion ?? '';
  const runscVersion = version === '' ? null : ({ value: version, from: 'header' } as const);
  const rules = selectRules({ runscVersion, typesRelease: null }, { flag: input.runscVersion, host: host.runscVersion.value });
  const gates: GateResult[] = [];
  let first: { readonly id: GateId; readonly failure: GateFailure } | null = null;
  for (const gate of FILESYSTEM_GATES) {
    const { outcome, reasons, failure } =
      gate.needsManifest === false
        ? gate.check(checkpoint, host, rules)
        : isRead(checkpoint)
          ? gate.check(checkpoint, host, rules)
          : unanswered(checkpoint);
    if (failure !== null && (first === null || failure.position < first.failure.position)) first = { id: gate.id, failure };
    gates.push({ id: gate.id, outcome, reasons });
  }
  const required = requireGates(gates, input.require ?? []);
  return {
    image: {
      path: checkpoint.path,
      kind: 'fscheckpoint',
      runscVersion: runscVersion?.value ?? null,
      arch: null,
      createdAt: null,
      compression: null,
    },
    host: judgedHost(host),
    rules: { release: rules.release, from: rules.from },
    verdict: verdictOf(required.map((gate) => gate.outcome)),
    relation: null,
    firstFailure: first?.id ?? null,
    runscError: first?.failure.error ?? null,
    missingFeatures: [],
    unknownFeatures: [],
    gates: required,
    advice: [...adviceFor({ runscVersion }, host, rules, required), HOW_TO_USE],
  };
}

function isRead(checkpoint: FilesystemCheckpoint): checkpoint is ReadCheckpoint {
  return checkpoint.manifest !== null;
}

function unanswered({ problems }: FilesystemCheckpoint): GateAnswer {
  const code = problems.find(({ part }) => part === 'manifest')?.error.code ?? 'bad-metadata';
  return unknown(reason('CKPT1009', FILESYSTEM_ORDER.decode, 'not decided: the manifest could not be read', { code }));
}
