/** The version of the runsc on this machine. */

/**
 * The version out of what `runsc --version` prints (`runsc version release-20260817.0`), or null when it prints something else.
 *
 * @see gVisor runsc/cli/main.go: the flag -version prints `runsc version %s`
 */
export function parseRunscVersion(output: string): string | null {
  return /^runsc version (\S{1,128})\s*$/m.exec(output)?.[1] ?? null;
}
