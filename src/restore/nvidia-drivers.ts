/** NVIDIA drivers whose interface a release of runsc knows. */
import { releaseTag } from './release-tags.ts';
import type { Rules } from './rules.ts';
import { parseRunscVersion } from './runsc-version.ts';

/**
 * By version of the driver: the first release that knows it, and after `-` the first that does not any more; both again where it came back.
 *
 * @see gVisor pkg/sentry/devices/nvproxy/version.go at every release tag: abis (addDriverABI; addUnsupportedDriverABI since 2026-06)
 */
const TABLE = `
  525.60.13=20231009.0-20240325.0 525.105.17=20231009.0-20240325.0 525.125.06=20231009.0-20240325.0
  535.54.03=20231016.0-20240325.0 535.104.05=20231016.0-20240520.0,20260615.0 535.104.12=20231106.0-20240916.0
  535.113.01=20260615.0 535.129.03=20231204.0-20240916.0,20250611.0 535.154.05=20240305.0-20240916.0
  535.161.07=20240325.0-20241118.0 535.161.08=20240916.0-20241118.0 535.183.01=20240916.0-20250820.0 535.183.06=20241021.0
  535.216.01=20241118.0-20250820.0 535.230.02=20250203.0-20260413.0 535.247.01=20250512.0 535.261.03=20250811.0
  535.274.02=20251103.0 535.288.01=20260223.0 535.309.01=20260601.0 545.23.06=20260615.0 550.40.07=20260615.0
  550.54.14=20240325.0-20250820.0,20260615.0 550.54.15=20240422.0-20241118.0,20241217.0-20250820.0
  550.90.07=20240715.0-20250820.0,20260615.0 550.90.12=20241118.0 550.127.05=20241210.0-20250820.0 555.42.02=20260615.0
  560.28.03=20260615.0 560.35.03=20241118.0-20250820.0 565.57.01=20250203.0-20250820.0,20260615.0
  570.86.15=20250203.0-20260413.0,20260615.0 570.124.06=20250319.0 570.133.20=20250512.0 570.172.08=20250811.0
  570.195.03=20251103.0 575.51.02=20260615.0 575.57.08=20250616.0-20260427.0 580.65.06=20250820.0-20260427.0,20260504.0
  580.82.07=20251006.0-20260427.0 580.95.05=20250915.0-20260427.0,20260727.0 580.105.08=20251215.0 580.126.09=20260223.0
  580.126.20=20260427.0 580.159.03=20260601.0 580.159.04=20260608.0 580.173.02=20260721.0 590.44.01=20260615.0
  590.48.01=20260302.0 595.71.05=20260622.0 610.43.02=20260615.0 610.57.04=20260817.0 615.15.00=20260706.0
  615.62.00=20260817.0 620.06.00=20260727.0
`;

const KNOWN: ReadonlyMap<string, readonly (readonly [from: number, until: number])[]> = new Map(
  TABLE.trim()
    .split(/\s+/)
    .map((cell) => {
      const [version = '', spans = ''] = cell.split('=');
      return [version, spans.split(',').map(rankSpan)];
    }),
);

/** The first release that compares versions of drivers with a table of its own. */
const FIRST = rankOf('20231009.0');

/**
 * Whether the restoring runsc knows the interface of a driver; null for a runsc that is no release.
 *
 * @param driver as runsc prints it: `550.54.15`
 */
export function knowsDriver(rules: Rules, driver: string): boolean | null {
  const version = parseRunscVersion(rules.release);
  const tag = version?.commitsAfter === 0 ? version.tag : null;
  if (tag === null || tag.rank < FIRST) return null;
  return (KNOWN.get(driver) ?? []).some(([from, until]) => tag.rank >= from && tag.rank < until);
}

/**
 * A version of a driver as runsc prints it, or null when it has another form: two or three numbers.
 *
 * @see gVisor pkg/sentry/devices/nvproxy/nvconf/version.go: DriverVersionFrom, String
 */
export function parseDriverVersion(text: string): string | null {
  const match = /^(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?$/.exec(text.trim());
  return match === null
    ? null
    : [match[1], match[2], match[3] ?? '0'].map((part) => String(Number(part)).padStart(2, '0')).join('.');
}

function rankSpan(text: string): readonly [number, number] {
  const [from = '', until] = text.split('-');
  return [rankOf(from), until === undefined ? Number.POSITIVE_INFINITY : rankOf(until)];
}

function rankOf(name: string): number {
  const tag = releaseTag(`release-${name}`);
  if (tag === undefined) throw new Error(`release-${name} is no known release`);
  return tag.rank;
}
