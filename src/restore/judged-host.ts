/** What a result says of the host that it is about. */
import type { Host } from '../host/host.ts';
import { evidenceOf } from '../host/host-evidence.ts';
import type { CheckResult } from './result.ts';

export function judgedHost(host: Host): CheckResult['host'] {
  const { name, source, arch, runscVersion } = host;
  return { name, source, evidence: evidenceOf(host), arch, runscVersion: runscVersion.value };
}
