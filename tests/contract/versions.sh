#!/bin/sh
# Runs the contract tests against versions of sentry-sdk, each in a virtual environment of its own.
#
# usage: tests/contract/versions.sh [VERSION...]
#
# Without arguments: the lowest version that pyproject.toml allows, and the newest there is.
# PYTHON names the interpreter (default: python3).
set -eu

python=${PYTHON:-python3}
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ $# -eq 0 ]; then
  lowest=$("$python" - <<'PY'
import re
import tomllib
from pathlib import Path

dependencies = tomllib.loads(Path("pyproject.toml").read_text())["project"]["dependencies"]
(bound,) = [found[1] for found in (re.match(r"sentry-sdk>=([\d.]+)", line) for line in dependencies) if found]
print(bound)
PY
  )
  set -- "$lowest" newest
fi

for version; do
  case $version in
    newest) wanted=sentry-sdk ;;
    *) wanted="sentry-sdk==$version" ;;
  esac
  "$python" -m venv "$scratch/$version"
  "$scratch/$version/bin/python" -m pip install --quiet --disable-pip-version-check \
    "$wanted" httptools msgspec orjson pytest
  printf '== sentry-sdk '
  "$scratch/$version/bin/python" -c 'from sentry_sdk.consts import VERSION; print(VERSION)'
  PYTHONDONTWRITEBYTECODE=1 "$scratch/$version/bin/python" -m pytest -q -c /dev/null --rootdir . \
    --noconftest --import-mode=importlib -p no:cacheprovider tests/contract
done
