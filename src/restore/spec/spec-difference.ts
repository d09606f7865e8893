/** One place where the new spec differs from the saved one. */
export interface SpecDifference {
  /** Where, in the words of config.json: `process.args`, `mounts["/tmp"].options`. */
  readonly field: string;
  /** The values as JSON; `unset` for what is not there. Long ones are cut. */
  readonly saved: string;
  readonly given: string;
}
