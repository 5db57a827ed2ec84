#!/usr/bin/env bash
# Does in a fresh clone what a newcomer does, and says how long it took.
#
#   hardware-tests/fresh-clone.sh [run|verify] [--empty-caches] [--keep]
#
#   run             `mvn -Prun -Dfreehold.once`: must end in the starter model's correct answer (the default)
#   verify          `mvn verify`
#   --empty-caches  with none of this machine's caches: Maven's repository, npm's and the compiler's cache, Freehold's
#   --keep          leave the clone where it is
#
# What is cloned is the last commit, not the working tree.
set -euo pipefail

main() {
  root=$(cd "$(dirname "$0")/.." && pwd)
  what=run
  empty=false
  keep=false
  for argument in "$@"; do
    case "$argument" in
      run | verify) what=$argument ;;
      --empty-caches) empty=true ;;
      --keep) keep=true ;;
      *)
        sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
  done

  work=$(mktemp -d "${TMPDIR:-/tmp}/freehold-fresh.XXXXXX")
  finish() {
    if [ "$keep" = true ]; then echo "The clone is in $work."; else rm -rf "$work"; fi
  }
  trap finish EXIT

  maven=(mvn --batch-mode)
  if [ "$empty" = true ]; then
    export FREEHOLD_CACHE=$work/cache FREEHOLD_MODELS=$work/cache/models
    export CCACHE_DIR=$work/ccache npm_config_cache=$work/npm PIP_CACHE_DIR=$work/pip
    maven+=("-Dmaven.repo.local=$work/m2")
  fi

  git clone --quiet "$root" "$work/freehold"
  cd "$work/freehold"
  log=$work/log
  started=$(date +%s)
  case "$what" in
    run) "${maven[@]}" -Prun -Dfreehold.once 2>&1 | tee "$log" ;;
    verify) "${maven[@]}" verify 2>&1 | tee "$log" ;;
  esac
  seconds=$(($(date +%s) - started))

  if [ "$what" = run ] && ! grep -q 'Paris' "$log"; then
    echo "fresh-clone: expected an answer that names Paris, found none in $seconds s." >&2
    exit 1
  fi
  echo "fresh-clone: $what passed in $seconds s (empty caches: $empty)."
}

# Read whole before it runs, so that editing this file does not disturb a run.
main "$@"
exit
