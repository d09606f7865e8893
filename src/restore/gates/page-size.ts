/** Gate `page-size`: the host uses pages of 4096 bytes. */
import { whyNoPageSize } from '../assumed-page-size.ts';
import { defineGate, fail, type GateAnswer, notApplicable, pass, reason, unknown } from '../gate.ts';

const ORDER = 28;
const EXPECTED = 4096;

/**
 * Looks at the page size, since 2026-03-04. amd64 has no other than 4096. An arm64 description that does not hold it is answered for
 * 4096, and says so (see docs/gates.md), except on Apple silicon and for Kubernetes nodes.
 *
 * @see gVisor pkg/sentry/kernel/kernel.go: Kernel.LoadFrom; Linux arch/arm64/Kconfig: ARM64_4K_PAGES (default)
 */
export const pageSize = defineGate('page-size', [], (_image, host, rules): GateAnswer => {
  if (!rules.has('page-size')) return notApplicable();
  if (host.arch === 'amd64') return pass();
  const size = host.pageSize.value;
  if (size === null) {
    const why = whyNoPageSize(host);
    if (why !== null) {
      return unknown(reason('CKPT1403', ORDER, `the page size of the host is unknown: ${why}`, { why }));
    }
    return pass(
      reason('CKPT1402', ORDER, 'the description of the host does not hold the page size; 4 KiB is assumed', {
        assumed: EXPECTED,
      }),
    );
  }
  if (size === EXPECTED) return pass();
  const because = reason(
    'CKPT1401',
    ORDER,
    `the page size of the host is ${size} bytes, and runsc restores with ${EXPECTED} only`,
    {
      pageSize: size,
    },
  );
  return fail(because, rules, `restore is not supported with ${Math.floor(size / 1024)}K page size`);
});
