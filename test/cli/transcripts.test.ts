/**
 * What people see. Each golden is a transcript of one command; `npx vitest run test/cli -u` writes them anew.
 *
 * Every host is a file: nothing here depends on the machine that runs the tests.
 */
import { describe, expect, test } from 'vitest';
import { HASWELL, ON_MILAN, ON_TURIN, transcript, ZEN5 } from './run-ckpt.ts';

const MILAN_CPUINFO = ['--host', 'milan=fixtures/hosts/qemu-EPYC-Milan/cpuinfo.txt'];
const EVERY_CPUID = ['qemu-EPYC-Milan', 'qemu-Haswell', 'qemu-Icelake-Server', 'qemu-Nehalem', 'qemu-max', 'turin'].flatMap(
  (host) => ['--host', `${host}=fixtures/hosts/${host}/cpuid.txt`],
);

/** A whole image, with files in its writable layer. */
const NOTES = 'fixtures/images/2024-07/notes';

const GOLDENS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['check-restorable', ['check', HASWELL, ...ON_TURIN, '--runsc-version', 'release-20260817.0']],
  ['check-blocked', ['check', ZEN5, ...ON_MILAN]],
  ['check-other-version', ['check', 'fixtures/images/2025-10/sh.state', ...ON_TURIN, '--runsc-version', 'release-20260817.0']],
  ['check-partial-evidence', ['check', ZEN5, ...MILAN_CPUINFO]],
  [
    'check-undecided',
    [
      'check',
      'fixtures/images/2026-08/nehalem-xsave-undecidable.state',
      '--host',
      'nehalem=fixtures/hosts/qemu-Nehalem/cpuid.txt',
    ],
  ],
  ['check-levelled-avx512-in-use', ['check', 'fixtures/images/2026-08/zen5-levelled-avx512-in-use.state', ...ON_MILAN]],
  ['check-other-architecture', ['check', 'fixtures/images/2026-08/arm64-cortex-a57.state', ...ON_TURIN]],
  ['check-keyed', ['check', 'fixtures/images/2026-08/keyed.state', ...ON_TURIN]],
  ['check-several', ['check', ZEN5, HASWELL, 'fixtures/nothing.state', ...ON_TURIN, ...ON_MILAN]],
  ['check-several-quiet', ['check', ZEN5, HASWELL, ...ON_TURIN, ...ON_MILAN, '--quiet']],
  ['check-many', ['check', ZEN5, HASWELL, 'fixtures/images/2026-08/zen5-levelled-avx512-in-use.state', ...EVERY_CPUID]],
  ['check-specs-fit', ['check', HASWELL, ...ON_TURIN, '--spec', 'fixtures/specs/sh.json', '--network', 'sandbox']],
  ['check-specs-differ', ['check', HASWELL, ...ON_TURIN, '--spec', 'fixtures/specs/sh-changed.json', '--network', 'host']],
  [
    'check-specs-policy',
    [
      'check',
      HASWELL,
      ...ON_TURIN,
      ...['--spec', 'fixtures/specs/sh-changed.json', '--restore-spec-validation', 'warning', '--require', 'network'],
    ],
  ],
  ['check-specs-unreadable', ['check', HASWELL, ...ON_TURIN, '--spec', 'fixtures/README.md', '--spec', 'nothing.json']],
  ['check-specs-usage', ['check', HASWELL, '--network', 'hst']],
  ['check-no-image', ['check', 'fixtures/README.md', ...ON_TURIN]],
  ['inspect-2026-08', ['inspect', ZEN5]],
  ['inspect-2024-07', ['inspect', 'fixtures/images/2024-07/idle']],
  ['inspect-2022-12', ['inspect', 'fixtures/images/2022-12/zmm']],
  ['inspect-arm64', ['inspect', 'fixtures/images/2026-08/arm64-cortex-a57.state']],
  ['inspect-summary-cpu', ['inspect', ZEN5, '--section', 'summary,cpu']],
  ['inspect-all', ['inspect', 'fixtures/images/2026-08/zen5-levelled-avx512-in-use.state', '--all']],
  ['inspect-process', ['inspect', ZEN5, '--pid', '1']],
  ['inspect-kernel', ['inspect', ZEN5, '--section', 'processes,threads,files,sockets,mounts,network']],
  ['inspect-maps', ['inspect', 'fixtures/images/2024-07/idle', '--section', 'memory,maps']],
  ['inspect-no-process', ['inspect', ZEN5, '--pid', '999']],
  ['inspect-no-container', ['inspect', ZEN5, '--container', 'web']],
  ['diff', ['diff', ZEN5, HASWELL]],
  ['diff-same', ['diff', ZEN5, ZEN5, '--exit-code']],
  ['diff-differs', ['diff', 'fixtures/images/2026-08/zen5-levelled-avx512-unused.state', ZEN5, '--exit-code']],
  ['diff-releases', ['diff', 'fixtures/images/2024-07/idle', ZEN5]],
  ['host-show-cpuid', ['host', 'show', 'fixtures/hosts/turin/cpuid.txt']],
  ['host-show-cpuinfo', ['host', 'show', 'fixtures/hosts/qemu-Haswell/cpuinfo.txt']],
  ['host-diff', ['host', 'diff', 'fixtures/hosts/turin/cpuid.txt', 'fixtures/hosts/qemu-Haswell/cpuid.txt']],
  [
    'host-diff-architectures',
    ['host', 'diff', 'fixtures/hosts/turin/cpuid.txt', 'fixtures/hosts/qemu-arm64-neoverse-n1/cpuinfo.txt'],
  ],
  ['host-diff-partial', ['host', 'diff', 'fixtures/hosts/turin/cpuid.txt', 'fixtures/hosts/qemu-Haswell/cpuinfo.txt']],
  ['pages', ['pages', NOTES]],
  ['pages-map', ['pages', NOTES, '--no-scan', '--map']],
  ['pages-several', ['pages', NOTES, 'fixtures/images/2024-07/idle', ZEN5, '--no-scan']],
  ['verify', ['verify', NOTES]],
  ['verify-deep', ['verify', NOTES, '--deep']],
  ['verify-keyed', ['verify', 'fixtures/images/2026-08/keyed.state', '--key-file', 'fixtures/images/2026-08/keyed.key']],
  ['verify-no-image', ['verify', 'fixtures/README.md', 'fixtures/nothing']],
  ['extract-list', ['extract', NOTES, '--list']],
  ['extract-list-some', ['extract', NOTES, '--list', '--path', '/srv/**/*.txt', '--path', 'etc', '--whiteouts', 'oci']],
  ['extract-archive', ['extract', NOTES, '-o', '/dev/null']],
  ['extract-memory', ['extract', NOTES, '--memory', '1', '-o', '/dev/null']],
  ['extract-spec-none', ['extract', NOTES, '--spec']],
  ['extract-no-path', ['extract', NOTES, '--list', '--path', '/var/log']],
  ['extract-no-container', ['extract', NOTES, '--list', '--container', 'web']],
  ['extract-no-process', ['extract', NOTES, '--memory', '5', '-o', 'core']],
  ['extract-nothing-asked', ['extract', NOTES]],
  ['pack', ['pack', NOTES, '-o', '/dev/null']],
  ['pack-other-name', ['pack', NOTES, '-o', 'notes.tar.xz']],
  ['help', ['--help']],
  ['help-inspect', ['inspect', '--help']],
  ['help-check', ['check', '--help']],
  ['help-diff', ['diff', '--help']],
  ['help-pages', ['pages', '--help']],
  ['help-verify', ['verify', '--help']],
  ['help-extract', ['extract', '--help']],
  ['help-pack', ['pack', '--help']],
  ['help-host', ['host', '--help']],
  ['help-host-show', ['host', 'show', '--help']],
  ['usage-unknown-command', ['chek', 'image.state']],
  ['usage-unknown-option', ['check', '--hots', 'image.state']],
];

describe('the transcript of', () => {
  test.each(GOLDENS)('%s', async (name, args) => {
    // What zlib makes of pages differs from version to version.
    const text = transcript(args).replace(/^( {2}Deflate \(level 1\) makes ).*$/m, '$1…');
    await expect(text).toMatchFileSnapshot(`goldens/${name}.txt`);
  });
});
