/** What a check goes by. */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { isHttpAddress } from '../io/http-address.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { whatIsAt } from '../io/small-files.ts';
import type { CheckInvocation } from './invocation.ts';
import { type RunSettings, runSettings } from './run-settings.ts';

export interface CheckSettings extends RunSettings {
  readonly images: readonly string[];
  readonly hosts: readonly string[];
  /** The file of accepted findings, or null. */
  readonly baseline: string | null;
}

/** Where accepted findings go when nobody says where. */
const USUAL_BASELINE = 'ckpt-baseline.json';

/** @throws UsageError also when there is no image */
export async function checkSettings(invocation: CheckInvocation, io: ProcessIo): Promise<CheckSettings> {
  const settings = await runSettings(invocation, io);
  const { config, hosts } = settings;
  const named = (names: readonly string[] | null): readonly string[] | null => (names?.length === 0 ? null : names);
  const { images, baselineWrite } = invocation;
  const baseline = invocation.baseline ?? io.env('CKPT_BASELINE') ?? config?.baseline ?? (baselineWrite ? USUAL_BASELINE : null);
  if (baseline !== null && (baseline === '-' || isHttpAddress(baseline)))
    throw new UsageError('accepted findings are in a file: --baseline takes no URL and no standard input');
  refuseOverwriting([config?.file ?? null, baseline], invocation);
  return {
    ...settings,
    images: named(images) ?? named(config?.images ?? null) ?? [imageHere()],
    hosts: named(invocation.hosts) ?? named(hosts) ?? ['current'],
    baseline,
  };
}

/** What the run goes by is no place for what it says. */
function refuseOverwriting(read: readonly (string | null)[], { destinations }: Pick<CheckInvocation, 'destinations'>): void {
  const files = new Set(read.flatMap((file) => (file === null ? [] : resolve(file))));
  for (const { file } of destinations)
    if (file !== null && files.has(resolve(file)))
      throw new UsageError(`${file} is what the check goes by, and cannot be its output too`);
}

/** The image that is meant when none is named. */
function imageHere(): string {
  if (whatIsAt('checkpoint.img') !== 'nothing') return '.';
  if (whatIsAt('image.state') !== 'nothing') return './image.state';
  throw new UsageError(
    'name an image: the current directory has neither checkpoint.img nor image.state, and no ckpt.yaml names one',
  );
}
