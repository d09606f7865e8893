/** Gate `image-readable`: what the restoring runsc makes of the bytes of the image. */
import { defineGate, type GateAnswer, type GateFailure, pass, positionOf, reason } from '../gate.ts';
import type { Reason } from '../result.ts';
import type { Rules } from '../rules.ts';

/** The number of the condition that the header is read and verified. */
const HEADER = 13;
/** The number of the condition that the first graph is decoded, where a body that is read wrongly shows. */
const FIRST_GRAPH = 29;
/** The number of the condition that loaded objects accept what they find. */
const CALLBACKS = 33;

/** Date of gVisor 2d90b66af, since which private memory files are saved. */
const PRIVATE_MEMORY_SAVED = '20231129';

type FormCode = 'CKPT1001' | 'CKPT1002' | 'CKPT1003' | 'CKPT1004' | 'CKPT1005' | 'CKPT1006' | 'CKPT1007' | 'CKPT1010';

interface Problem {
  readonly code: FormCode;
  readonly order: number;
  readonly message: string;
  readonly error: string | null;
}

/**
 * Compares header HMAC, compression and framing of the image with what that runsc expects.
 *
 * Measured with Debian's runsc of 2022-12 and 2024-07: `header error: unexpected EOF` for an uncompressed body before `none` existed,
 * `object missing` for raw bytes read as chunks, `statefile error: hash mismatch` for an image without and with a key.
 *
 * @see gVisor pkg/state/statefile/statefile.go: NewReader; pkg/compressio/compressio.go, nocompressio.go
 */
export const imageReadable = defineGate(
  'image-readable',
  ['headerHmac', 'compression', 'compressionNamed', 'framing', 'privateMemoryLost'],
  (image, _host, rules): GateAnswer => {
    const problems: Problem[] = [];
    const late = rules.has('hmac-only-keyed');
    const mismatch = `${readerErrorPrefix(rules)}hash mismatch`;
    if (image.headerHmac === 'keyed') {
      const [order, error] = late ? [FIRST_GRAPH, null] : [HEADER, mismatch];
      problems.push({ code: 'CKPT1001', order, error, message: 'the image is keyed, and runsc passes no key' });
    } else if (image.headerHmac === 'absent' && !late) {
      const message = 'the header has no HMAC, and this runsc demands one';
      problems.push({ code: 'CKPT1002', order: HEADER, error: mismatch, message });
    } else if (image.headerHmac === 'empty-key' && late) {
      const message = 'the header has an HMAC of the empty key, which this runsc reads as the beginning of the body';
      problems.push({ code: 'CKPT1003', order: FIRST_GRAPH, error: null, message });
    }
    // 32 bytes of HMAC read as body are random: what follows from them cannot be told.
    const shifted = late && image.headerHmac !== 'absent';
    const problem = bodyProblem(image, rules);
    if (problem !== null) problems.push(shifted ? { ...problem, error: null } : problem);
    if (image.privateMemoryLost) {
      const prefix = rules.has('callback-error-first') ? 'error executing callbacks: ' : '';
      // Later releases stop at other fields of the same type, in words that hold addresses.
      const error = rules.date < PRIVATE_MEMORY_SAVED ? `${prefix}S/R not supported for private memory files` : null;
      problems.push({ code: 'CKPT1010', order: CALLBACKS, error, message: 'the files of the writable layer were not saved' });
    }
    return problems.length === 0 ? pass() : failing(problems, rules);
  },
);

/** What precedes an error of the statefile reader in the message of a release. */
export function readerErrorPrefix(rules: Rules): string {
  const outer = rules.has('reader-first') ? 'creating statefile reader: ' : '';
  return outer + (rules.has('reader-error-text') ? 'statefile.NewReader failed: ' : 'statefile error: ');
}

interface Body {
  readonly headerHmac: string;
  readonly compression: string;
  readonly compressionNamed: boolean;
  readonly framing: string;
}

function bodyProblem(image: Body, rules: Rules): Problem | null {
  if (!image.compressionNamed && rules.has('missing-compression-is-none')) {
    const message = 'the header names no compression, which this runsc takes for none, but the body is compressed';
    return { code: 'CKPT1007', order: FIRST_GRAPH, error: null, message };
  }
  if (image.compression !== 'none') return null;
  if (!rules.has('compression-key')) {
    const message = 'the body is not compressed, and this runsc inflates every body';
    return { code: 'CKPT1006', order: FIRST_GRAPH, error: 'header error: unexpected EOF', message };
  }
  // Keyed bodies have chunks of another kind; the missing key stops runsc there in any case.
  if (image.headerHmac === 'keyed') return null;
  if (image.framing === 'chunked' && rules.has('none-raw')) {
    const message = 'the body is framed in chunks, and this runsc reads raw bytes';
    return { code: 'CKPT1004', order: FIRST_GRAPH, error: 'object missing', message };
  }
  if (image.framing === 'raw' && !rules.has('none-raw')) {
    const message = 'the body is raw, and this runsc reads chunks';
    return { code: 'CKPT1005', order: FIRST_GRAPH, error: 'object missing', message };
  }
  return null;
}

function failing(problems: readonly Problem[], rules: Rules): GateAnswer {
  const reasons: Reason[] = problems.map(({ code, order, message }) => reason(code, order, message, { rules: rules.release }));
  const failures: GateFailure[] = problems.map(({ order, error }) => ({ position: positionOf(order, rules), error }));
  const first = failures.reduce((a, b) => (b.position < a.position ? b : a));
  return { outcome: 'fail', reasons: reasons.sort((a, b) => a.order - b.order), failure: first };
}
