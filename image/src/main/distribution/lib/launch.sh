# Finds a Java 25 runtime and becomes it. Sourced by the commands in bin/, which set FREEHOLD_SCRIPT
# (the command's own file, links followed) and FREEHOLD_MAIN (the class to start).
#
# Read from the environment:
#   FREEHOLD_JAVA_HOME  the runtime to use, before any other
#   JAVA_HOME           used if it is a Java 25
#   FREEHOLD_OPTS       more options for the Java virtual machine, after ours

freehold_home=$(CDPATH='' cd -- "$(dirname "$FREEHOLD_SCRIPT")/.." && pwd -P)

# A runtime's `release` file tells its version without starting it.
is_java_25() {
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[".]' "$1/release"
}

find_java() {
  if [ -x "$freehold_home/runtime/bin/java" ]; then
    java_home=$freehold_home/runtime
    return 0
  fi
  if [ -n "${FREEHOLD_JAVA_HOME:-}" ]; then
    if is_java_25 "$FREEHOLD_JAVA_HOME"; then
      java_home=$FREEHOLD_JAVA_HOME
      return 0
    fi
    echo "freehold: expected a Java 25 in FREEHOLD_JAVA_HOME, found none in $FREEHOLD_JAVA_HOME." >&2
    exit 1
  fi
  for candidate in "${JAVA_HOME:-}" \
    /usr/lib/jvm/*25* /usr/lib/jvm/default-java /opt/java* /opt/jdk* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-/nonexistent}"/.sdkman/candidates/java/25* "${HOME:-/nonexistent}"/.jdks/*; do
    if [ -n "$candidate" ] && is_java_25 "$candidate"; then
      java_home=$candidate
      return 0
    fi
  done
  on_path=$(command -v java || true)
  if [ -n "$on_path" ] && "$on_path" -version 2>&1 | grep -q 'version "25[".]'; then
    java_command=$on_path
    return 0
  fi
  echo "freehold: expected a Java 25 runtime, found none. Install one (for example Eclipse Temurin 25)" >&2
  echo "freehold: or name its folder by FREEHOLD_JAVA_HOME." >&2
  exit 1
}

java_command=
find_java
[ -n "$java_command" ] || java_command=$java_home/bin/java

# A crash must leave no memory behind, since memory holds prompts: no core file, no error report, no
# compiler replay file. The summary that goes to the log names the place and no content.
#
# Out of memory ends the process: half-dead is worse than restarted.
#
# Resumed TLS sessions would skip the check of a revoked certificate, so none are offered.
#
# The serial collector leaves the cores to the model: the heap is small, and a parallel collector's
# threads would stop the compute threads' barrier. What a request allocates is garbage when it ends:
# the young generation has room for sixty-four requests at a time, or they would be copied to the old
# one, which then grows for ever. The machine's memory is the models'. Classes have the room that they
# need from the start, or each step towards it would be a full collection.
#
# shellcheck disable=SC2086  # FREEHOLD_OPTS is a list of words.
exec "$java_command" \
  --enable-native-access=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow \
  -XX:+UseSerialGC \
  -Xms256m \
  -Xmx768m \
  -Xmn192m \
  -XX:SurvivorRatio=4 \
  -XX:MetaspaceSize=96m \
  -XX:+ExitOnOutOfMemoryError \
  -XX:-CreateCoredumpOnCrash \
  -XX:ErrorFile=/dev/null \
  -XX:ReplayDataFile=/dev/null \
  -Djdk.tls.server.newSessionTicketCount=0 \
  -Djava.awt.headless=true \
  "-Dfreehold.native.dir=$freehold_home/lib/native" \
  ${FREEHOLD_OPTS:-} \
  -cp "$freehold_home/lib/*" \
  "$FREEHOLD_MAIN" "$@"
