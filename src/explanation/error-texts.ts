/** What ckpt's own error codes and exit codes mean. */
import type { ErrorCode } from '../errors.ts';

/** Codes of inputs that could not be read (exit code 3). */
export const ERROR_TEXTS = {
  'not-found': 'There is no such file or directory.',
  'permission-denied': 'The operating system does not let ckpt open or read it.',
  'io-error': 'The operating system failed while reading.',
  empty: 'The file has no bytes: a save that failed at once, or a full disk.',
  'not-an-image': 'The input is no gVisor checkpoint image at all: it does not begin as one.',
  'no-checkpoint-img': 'The directory holds no checkpoint.img.',
  fscheckpoint: 'A filesystem checkpoint, where the image of a whole sandbox was expected.',
  'not-a-regular-file': 'A device, a socket or a directory, where a file was expected.',
  truncated: 'The bytes end before what they hold does. Copy or save it again; `ckpt verify` says where.',
  'trailing-bytes': 'Bytes follow where the end should be: something was appended, or two files were joined.',
  'bad-archive': 'An archive or compressed file that contradicts its own format: damaged, or cut off.',
  'no-image': 'An archive, an index of images or a server that holds no checkpoint image.',
  ambiguous: 'Several images, or two members of one name, where one was expected: name the one that is meant.',
  'bad-digest': 'Bytes whose digest is not the one that names them.',
  'out-of-order': 'A file of a stream was needed after it had gone by: give the archive as a file, or pack it with `ckpt pack`.',
  'http-error': 'A server answered something else than the bytes that were asked for.',
  'over-limit':
    'A length, count or depth is over a ceiling. Where the input is really meant to be so large, raise it with `--limit name=value`.',
  'bad-metadata': 'The metadata of the header is not a JSON object of texts.',
  'unknown-compression': 'The header names a compression that no runsc writes.',
  'bad-hmac': 'A hash does not fit the bytes before it: they were changed.',
  'wrong-key': 'The key is not the one that the image was saved with.',
  'bad-deflate': 'A compressed chunk cannot be inflated: it was changed.',
  'bad-varint': 'A number of the object graph is longer than any number can be.',
  'unknown-kind': 'A record of the object graph is of no known kind.',
  'unexpected-record': 'A record of the object graph stands where the format does not allow it.',
  inconsistent: 'Counts or numbers in the image contradict one another.',
  'dangling-reference': 'A reference in the object graph leads to no object.',
  'unknown-shape': 'A saved value does not have a shape that any runsc writes.',
  'unknown-format': 'The description of a host, or another text, is of no format that ckpt knows.',
  'unknown-model': 'No table of ckpt has a CPU model of this name: `ckpt host list` shows those that it has.',
  'mixed-formats': 'The description of a host is a mixture of two formats.',
  'bad-host': 'The description of a host is of a known format and contradicts it.',
  'bad-spec': 'The config.json is no OCI runtime spec.',
  'bad-policy': 'The configuration (ckpt.yaml), or the file of accepted findings, is not what it should be.',
  unsupported: 'What was asked for cannot be had on this machine.',
} as const satisfies Record<ErrorCode, string>;

/** Exit codes, the same for every command. @see docs/output.md */
export const EXIT_TEXTS: Readonly<Record<string, string>> = {
  '0': 'Answered; for `check`: every pair is restorable, as far as it was checked.',
  '1': 'The gate says no: at least one pair is blocked. For `verify`: a recognised image is damaged; for `diff --exit-code`: there are differences.',
  '2': 'Wrong usage.',
  '3': 'An image, a host description or another input could not be read at all.',
  '4': 'Undecidable: nothing is blocked and something is unknown. For `explain`: nothing in the log is known.',
  '70': 'A defect in ckpt.',
  '128': 'Of `runsc` itself: every fatal error ends with this code. The reason is on its standard error.',
};
