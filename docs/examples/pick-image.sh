#!/bin/sh
# Prints the newest of several images that restores on this machine, to be run before `runsc restore`:
#
#   image=$(pick-image.sh /var/lib/checkpoints/app-*/image) && runsc restore --image-path "$image" app
#
# CKPT is the command (default: ckpt), CKPT_HOST another host than this machine, such as a profile of it.
#
# Exit code: 0 an image was found; 1 there is none, as all are blocked; 4 there is none, and some are undecided;
# 2, 3, 70 as those of ckpt: wrong usage, no image could be read, a defect.
set -u
answer=$(mktemp) || exit 70
trap 'rm -f "$answer"' EXIT

# Undecided is not restorable. Images that cannot be read are named on standard error; the others are answered all the same.
# shellcheck disable=SC2086
${CKPT:-ckpt} check "$@" --host "${CKPT_HOST:-current}" --json > "$answer"
code=$?
case $code in
  0 | 1 | 3 | 4) ;;
  *) exit "$code" ;;
esac

image=$(jq -r '[.results[] | select(.verdict == "restorable")] | sort_by(.image.createdAt // "") | last | .image.path // empty' "$answer")
if [ -n "$image" ]; then
  printf '%s\n' "$image"
  exit 0
fi
jq -r '.results[] | "\(.image.path): \(.verdict) at \(.firstFailure // "an undecided gate")"' "$answer" >&2
[ "$code" -ne 0 ] || code=1
exit "$code"
