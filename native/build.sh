#!/usr/bin/env bash
# Builds llama.cpp and Freehold's C face of it, outside the tree, and brings the result to target/.
#
#   build.sh [--backend=cpu|cuda|metal|vulkan] [--release=true|false] [--llama-source=DIR]
#
# The cache (FREEHOLD_CACHE, else ~/.cache/freehold) holds, below native/:
#   package/<hash>   the npm package that carries llama.cpp's release as a git bundle, as package-lock.json pins it
#   source/<hash>    that release, checked out
#   build/<key>      a CMake build tree, kept, so that a change of our own C++ compiles only that
#   result/<key>     what a build gave; written whole by a rename, so that a killed build leaves nothing half-made
# A key is a hash of all that shapes the result: source, our C++, flags, backend, compiler, processor.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
backend=cpu
release=false
llama_source=""

for argument in "$@"; do
  case "$argument" in
    --backend=*) backend=${argument#*=} ;;
    --release=*) release=${argument#*=} ;;
    --llama-source=*) llama_source=${argument#*=} ;;
    *)
      echo "native: unknown argument $argument (expected --backend=, --release= or --llama-source=)" >&2
      exit 2
      ;;
  esac
done
case "$backend" in
  cpu | cuda | metal | vulkan) ;;
  *)
    echo "native: freehold.backend is '$backend', expected cpu, cuda, metal or vulkan" >&2
    exit 2
    ;;
esac

cache="${FREEHOLD_CACHE:-$HOME/.cache/freehold}/native"
os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m)
case "$os" in darwin) os=macos ;; esac
case "$arch" in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; esac
suffix=so
if [ "$os" = macos ]; then suffix=dylib; fi

say() { echo "native: $*"; }
fail() {
  echo "native: $*" >&2
  exit 1
}

hash_text() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -c1-16
}

jobs() { getconf _NPROCESSORS_ONLN 2>/dev/null || sysctl -n hw.ncpu; }

# --- one build at a time on this cache: the second waits, and then finds the first one's result

lock() {
  mkdir -p "$cache"
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$cache/lock"
    if ! flock -n 9; then
      say "another build is using $cache, waiting for it"
      flock 9
    fi
    return
  fi
  while ! mkdir "$cache/lock.d" 2>/dev/null; do
    local owner
    owner=$(cat "$cache/lock.d/pid" 2>/dev/null || echo "")
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      rm -rf "$cache/lock.d"
    else
      sleep 2
    fi
  done
  echo $$ >"$cache/lock.d/pid"
  trap 'rm -rf "$cache/lock.d"' EXIT
}

# --- source

package_hash() { sed -n 's/.*"integrity": "\(.*\)".*/\1/p' "$here/package-lock.json" | hash_text; }

fetch_package() {
  local into=$1
  if [ -f "$into/node_modules/node-llama-cpp/llama/gitRelease.bundle" ]; then return; fi
  say "fetching llama.cpp's source (npm package node-llama-cpp, checked against package-lock.json)"
  rm -rf "$into" "$into.part"
  mkdir -p "$into.part"
  cp "$here/package.json" "$here/package-lock.json" "$into.part/"
  # No script of the package is run: it is a carrier of data here.
  (cd "$into.part" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm could not fetch the package; check the network and npm's registry setting, then build again"
  mv "$into.part" "$into"
}

check_out_release() {
  local package=$1 into=$2
  if [ -d "$into/.git" ]; then return; fi
  say "checking the release out of its git bundle"
  rm -rf "$into" "$into.part"
  mkdir -p "$(dirname "$into")"
  git -c advice.detachedHead=false clone -q "$package/node_modules/node-llama-cpp/llama/gitRelease.bundle" "$into.part"
  mv "$into.part" "$into"
}

# What a checkout named by the vendor holds: its commit, its changes, its new files.
vendor_state() {
  if git -C "$1" rev-parse HEAD 2>/dev/null; then
    git -C "$1" diff HEAD
    git -C "$1" ls-files --others --exclude-standard
  else
    find "$1" -type f \( -name '*.c*' -o -name '*.h*' -o -name '*.m' -o -name '*.txt' -o -name '*.comp' \) | sort | xargs cksum
  fi
}

# --- keys

processor() {
  if [ "$release" = true ]; then
    echo "$arch"
  elif [ -r /proc/cpuinfo ]; then
    grep -E -m3 '^(model name|flags|Features|CPU part)' /proc/cpuinfo
  else
    sysctl -n machdep.cpu.brand_string hw.model 2>/dev/null || echo "$arch"
  fi
}

options() {
  echo "-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON"
  # ggml's own thread pool: as fast as OpenMP when the machine is quiet, far faster beside a busy neighbour.
  echo "-DGGML_OPENMP=OFF -DGGML_BLAS=OFF -DGGML_CCACHE=OFF"
  echo "-DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_IS_DEV=OFF -DLLAMA_ALL_WARNINGS=OFF"
  if [ "$release" = true ]; then
    echo "-DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON"
  else
    echo "-DGGML_NATIVE=ON"
  fi
  case "$backend" in
    cpu) echo "-DGGML_METAL=OFF" ;;
    cuda) echo "-DGGML_CUDA=ON" ;;
    metal) echo "-DGGML_METAL=ON" ;;
    vulkan) echo "-DGGML_VULKAN=ON -DGGML_METAL=OFF" ;;
  esac
}

compiler() { "${CXX:-c++}" --version | head -n 1; }

own_sources() { find "$here/src/main/cpp" -type f | LC_ALL=C sort; }

# --- building

# Turns ninja's line a step into a line every ten seconds, with an estimate; what the compilers say goes to a log.
show_progress() {
  awk -v log_file="$1" '
    BEGIN { printf "" > log_file }
    match($0, /^@[0-9]+\/[0-9]+ [0-9.]+@/) {
      split(substr($0, 2, RLENGTH - 2), part, /[\/ ]/)
      done = part[1]; total = part[2]; seconds = part[3]
      if (seconds - last >= 10 || done == total) {
        left = done > 0 ? (total - done) * seconds / done : 0
        printf "native: compiled %d of %d, %d s gone, about %d s to go\n", done, total, seconds, left
        fflush(); last = seconds
      }
      next
    }
    { print > log_file }'
}

# Our sources are built from a copy beside the build tree: the tree then serves every clone on this machine, and the
# copy keeps a file untouched when its content did not change.
copy_sources() {
  local into=$1 file name
  mkdir -p "$into"
  for file in "$into"/*; do
    name=$(basename "$file")
    if [ -e "$file" ] && [ ! -e "$here/src/main/cpp/$name" ]; then rm -f "$file"; fi
  done
  for file in $(own_sources); do
    name=$(basename "$file")
    cmp -s "$file" "$into/$name" || cp "$file" "$into/$name"
  done
}

compile() {
  local source=$1 tree=$2 launcher=""
  if command -v ccache >/dev/null 2>&1; then
    # The compiler cache then serves a Freehold cache at any place.
    export CCACHE_BASEDIR="$cache" CCACHE_NOHASHDIR=1
    launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"
  fi
  copy_sources "$tree/cpp"
  # shellcheck disable=SC2046,SC2086 # one word an option
  if ! cmake -S "$tree/cpp" -B "$tree/out" -G Ninja -DFREEHOLD_LLAMA_SOURCE="$source" $(options) $launcher \
    >"$tree/configure.log" 2>&1; then
    tail -n 40 "$tree/configure.log" >&2
    fail "CMake could not configure the build (all of it: $tree/configure.log)"
  fi
  say "compiling llama.cpp for $backend with $(jobs) jobs; the first time takes some minutes, later ones seconds"
  NINJA_STATUS='@%f/%t %e@ ' ninja -C "$tree/out" -j "$(jobs)" freehold_llama llama-bench llama-server |
    show_progress "$tree/compile.log" || {
    grep -E -A 8 '(error|FAILED|fatal|Error):?' "$tree/compile.log" | head -n 60 >&2
    fail "the native build failed (all the compilers said: $tree/compile.log)"
  }
}

# The name under which the loader asks for a library: its SONAME, or for a backend that ggml loads by itself the plain
# file name that ggml looks for.
loader_name() {
  local file=$1 plain name
  plain=$(basename "$file" | sed "s/\.$suffix.*/.$suffix/;s/\.[0-9.]*\.$suffix/.$suffix/")
  if [ "$release" = true ]; then
    case "$plain" in
      libggml-base.* | libggml.*) ;;
      libggml-*)
        echo "$plain"
        return
        ;;
    esac
  fi
  if [ "$os" = macos ]; then
    name=$(otool -D "$file" | tail -n 1)
    name=$(basename "$name")
  else
    name=$(readelf -d "$file" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
  fi
  echo "${name:-$plain}"
}

slim() {
  if [ "$os" = macos ]; then strip -S -x "$1"; else strip --strip-unneeded "$1"; fi
}

# Each library once, under the name the loader wants; what only the tools need stands beside the tools.
collect() {
  local out=$1 into=$2 source=$3 file name place
  mkdir -p "$into/lib" "$into/bin" "$into/licenses"
  for file in "$out"/bin/*."$suffix"*; do
    if [ -h "$file" ] || [ ! -f "$file" ]; then continue; fi
    name=$(loader_name "$file")
    case "$name" in
      libfreehold_llama.* | libggml* | libllama.* | libllama-common.* | libmtmd.*) place=lib ;;
      *) place=bin ;;
    esac
    cp "$file" "$into/$place/$name"
    slim "$into/$place/$name"
    # The tools look for loadable backends beside themselves only.
    case "$release:$name" in
      true:libggml-base.* | true:libggml.*) ;;
      true:libggml-*) cp "$into/lib/$name" "$into/bin/$name" ;;
    esac
  done
  cp "$out/bin/llama-bench" "$out/bin/llama-server" "$into/bin/"
  slim "$into/bin/llama-bench"
  slim "$into/bin/llama-server"
  cp "$source/LICENSE" "$into/licenses/llama.cpp-LICENSE.txt"
  for file in "$source"/licenses/*; do
    if [ -f "$file" ]; then cp "$file" "$into/licenses/llama.cpp-$(basename "$file").txt"; fi
  done
  for file in "$source"/vendor/*/LICENSE*; do
    if [ -f "$file" ]; then cp "$file" "$into/licenses/llama.cpp-vendor-$(basename "$(dirname "$file")").txt"; fi
  done
  for name in xxhash rotate-bits; do
    for file in "$source/vendor/hash/$name"/LICENSE*; do
      if [ -f "$file" ]; then cp "$file" "$into/licenses/llama.cpp-vendor-$name.txt"; fi
    done
  done
  # The one kernel file with a notice of its own: the comment that opens it.
  if [ -f "$source/ggml/src/ggml-cpu/llamafile/sgemm.cpp" ]; then
    sed -n '/^\/\//!q;s/^\/\/ \{0,1\}//p' "$source/ggml/src/ggml-cpu/llamafile/sgemm.cpp" \
      >"$into/licenses/llama.cpp-llamafile-sgemm.txt"
  fi
  (cd "$into/lib" && ls) >"$into/libraries.txt"
}

# --- bringing the result to target/

# A running process may have the old file mapped: a new file takes its name, the old one is never written to.
place() {
  local from=$1 to=$2
  if ! cmp -s "$from" "$to"; then
    cp "$from" "$to.new"
    mv -f "$to.new" "$to"
  fi
}

place_all() {
  local from=$1 to=$2 file
  mkdir -p "$to"
  for file in "$to"/*; do
    if [ -e "$file" ] && [ ! -e "$from/$(basename "$file")" ]; then rm -f "$file"; fi
  done
  for file in "$from"/*; do
    place "$file" "$to/$(basename "$file")"
  done
}

deliver() {
  local result=$1 resources="$here/target/native-resources"
  place_all "$result/lib" "$here/target/native/lib"
  place_all "$result/bin" "$here/target/native/bin"
  place_all "$result/lib" "$resources/dev/freehold/llama/lib/$os-$arch"
  place "$result/libraries.txt" "$resources/dev/freehold/llama/lib/$os-$arch/libraries.txt"
  place_all "$result/licenses" "$resources/META-INF/licenses/native"
}

main() {
  local source source_key base_key key result tree
  lock
  if [ -n "$llama_source" ]; then
    if [ ! -f "$llama_source/include/llama.h" ]; then
      fail "freehold.llama.source is $llama_source, which is not a llama.cpp checkout (no include/llama.h)"
    fi
    source=$(cd "$llama_source" && pwd)
    source_key=$(echo "$source"; vendor_state "$source")
    base_key=$(echo "$source")
  else
    source_key=$(package_hash)
    base_key=$source_key
    source="$cache/source/$source_key"
  fi
  base_key=$({ echo "$base_key"; options; compiler; processor; } | hash_text)
  # The number is raised when collect puts something else into a result.
  key=$({ echo "5 $source_key"; echo "$base_key"; own_sources | xargs cat; } | hash_text)
  result="$cache/result/$key"
  tree="$cache/build/$base_key"

  if [ ! -f "$result/libraries.txt" ]; then
    if [ -z "$llama_source" ]; then
      fetch_package "$cache/package/$source_key"
      check_out_release "$cache/package/$source_key" "$source"
    fi
    mkdir -p "$tree"
    compile "$source" "$tree"
    rm -rf "$result" "$result.part"
    mkdir -p "$result.part"
    collect "$tree/out" "$result.part" "$source"
    mv "$result.part" "$result"
    say "built $result"
  fi
  deliver "$result"
  say "libraries of $key for $os-$arch ($backend) are in target/native"
}

main
