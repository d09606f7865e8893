/** The errors of the real runsc, explained: the gate that was recorded, and the names. */
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/explain.ts';
import type { LogAnswer } from '../../src/explanation/answer.ts';
import { HAS_SHARED, type RealRestore, sharedJson } from '../support/shared-fixtures.ts';

async function explainLine(line: string): Promise<LogAnswer> {
  const { answers } = await explain([line]);
  const [answer] = answers;
  if (answer?.kind !== 'log') throw new Error(`not taken for a line of a log: ${line}`);
  return answer;
}

/** What wraps a message before people see it; `%` is the message. */
const WRAPPERS = [
  '%',
  'starting container: restoring container "web": failed to load kernel: %:',
  'W1123 16:53:26.867947   19874 util.go:64] FATAL ERROR: starting container: restoring container "web": %',
  'docker: Error response from daemon: OCI runtime restore failed: starting container: restoring container "web": %: unknown.',
];
const JSON_LINE = (message: string): string =>
  JSON.stringify({
    msg: `starting container: restoring container "web": ${message}`,
    level: 'error',
    time: '2026-11-23T16:53:26Z',
  });
const LOGRUS_LINE = (message: string): string =>
  `time="2026-11-23T16:53:26Z" level=error msg="restore failed" error=${JSON.stringify(`starting container: restoring container "web": ${message}`)}`;

const FILES = ['restores.json', 'fpu-restores.json', 'version-restores.json', 'arm64-restores.json'];

describe.runIf(HAS_SHARED)('what the real runsc said', () => {
  for (const file of FILES) {
    const all = (HAS_SHARED ? sharedJson<RealRestore[]>(file) : []).filter(({ runscError }) => typeof runscError === 'string');
    const distinct = [...new Map(all.map((real) => [real.runscError, real])).values()];

    it(`has answers in ${file}`, () => expect(distinct.length).toBeGreaterThan(0));

    it.each(distinct)(`${file}: $image on $host by $runsc`, async (real) => {
      const message = real.runscError ?? '';
      const lines = [...WRAPPERS.map((wrapper) => wrapper.replace('%', () => message)), JSON_LINE(message), LOGRUS_LINE(message)];
      for (const line of lines) {
        const answer = await explainLine(line);
        const [first] = answer.findings;
        const died = first?.role === 'death';
        const gates = died ? first.possibleCauses.map(({ gate }) => gate) : [first?.gate];
        expect(gates, line).toContain(real.firstFailure);
        if (!died) expect(answer.rootCause, line).toBe(0);
        if (real.firstFailure === 'cpu-features') {
          expect(
            first?.features?.list.map(({ name }) => name),
            line,
          ).toEqual(real.missingFeatures);
        }
        if (message.includes('supported:')) {
          const [, supported, saved] = /supported: (0x\w+) saved: (0x\w+)/.exec(message) ?? [];
          expect([first?.state?.supported.mask, first?.state?.saved.mask]).toEqual([supported, saved]);
          expect(first?.state?.missing.components).not.toEqual([]);
        }
      }
    });
  }

  it('dates the fields of a refused type', async () => {
    const real = sharedJson<RealRestore[]>('arm64-restores.json').find(({ firstFailure }) => firstFailure === 'cpu-arch');
    const answer = await explainLine(`starting container: ${real?.runscError}`);
    expect(answer.findings.map(({ gate }) => gate)).toEqual(['cpu-arch']);
  });
});
