#!/usr/bin/env bash
# Runs one sample agent:  samples/run.sh LANGUAGE OUTFILE
#
# LANGUAGE is a folder beside this script. What has to be built is built in a temporary directory.
# Exit code 77 says that the language's toolchain is missing here, 2 a mistake in the arguments.
# PYTHON names another interpreter (it needs structlog); the JavaScript sample fetches pino with npm.
set -euo pipefail

if (($# != 2)) || [[ ! -d ${BASH_SOURCE[0]%/*}/$1 ]]; then
  echo "usage: samples/run.sh {go|java|javascript|php|python|ruby|rust|shell} OUTFILE" >&2
  exit 2
fi
sample=$(cd "$(dirname "${BASH_SOURCE[0]}")/$1" && pwd)
out=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

missing() {
  echo "samples/run.sh: $1" >&2
  exit 77
}

need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null || missing "$1 is not installed (Debian: apt-get install $2)"
}

# The agents run from copies in the temporary directory: no path of this checkout gets into a log.
cp -R "$sample/." "$work"
cd "$work"

case $1 in
  go)
    need go golang
    export GOTOOLCHAIN=local GOCACHE="$work/.cache"
    [[ $(go env GOVERSION) =~ ^go1\.(1?[0-9]|20)(\.|$) ]] &&
      missing "$(go env GOVERSION) has no log/slog: Go 1.21 or newer is needed"
    go build -trimpath -o agent .
    ./agent "$out"
    ;;
  java)
    need javac default-jdk-headless
    version=$(javac -version 2>&1)
    [[ $version =~ ^javac\ (1[7-9]|[2-9][0-9]) ]] || missing "$version is too old: JDK 17 or newer is needed"
    javac -encoding UTF-8 -d classes Agent.java
    java -cp classes Agent "$out"
    ;;
  javascript)
    need node nodejs
    need npm npm
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    node agent.mjs "$out"
    ;;
  php)
    need php php-cli
    php agent.php "$out"
    ;;
  python)
    python=${PYTHON:-python3}
    need "$python" python3
    "$python" -c 'import structlog' 2>/dev/null || missing "$python has no structlog (pip install structlog)"
    "$python" agent.py "$out"
    ;;
  ruby)
    need ruby ruby
    ruby agent.rb "$out"
    ;;
  rust)
    need cargo cargo
    version=$(cargo --version)
    [[ $version =~ ^cargo\ 1\.([0-6]?[0-9]|7[0-7])\. ]] && missing "$version is too old: Rust 1.78 or newer is needed"
    cargo build --quiet --locked --offline
    target/debug/agent "$out"
    ;;
  shell)
    ((BASH_VERSINFO[0] >= 5)) || missing "bash $BASH_VERSION has no EPOCHREALTIME: bash 5 is needed"
    bash agent.sh "$out"
    ;;
  *)
    echo "samples/run.sh: no sample is called $1" >&2
    exit 2
    ;;
esac
