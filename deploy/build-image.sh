#!/usr/bin/env bash
# Builds the image with buildah and runs it. Where no registry of images can be reached, the base
# image is made here from Debian packages, and the wheels are fetched outside of the build, with
# this machine's settings of pip. Exits with 77 where there is no base image to be had, or no
# container can run.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
base=${BASE:-docker.io/library/python:3.13-slim-bookworm}
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
options=()

if ! timeout 60 buildah pull --quiet "$base" >/dev/null 2>&1; then
  echo "no image registry can be reached: making a base image from Debian packages"
  base=localhost/python-slim
  if ! buildah images --quiet "$base" >/dev/null 2>&1; then
    root=$(mktemp -d)
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" >/dev/null || exit 77
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$root" / >/dev/null
    buildah commit --quiet "$container" "$base" >/dev/null
    buildah rm "$container" >/dev/null
    rm -rf "$root"
  fi
  probe=$(buildah from "$base")
  buildah run "$probe" -- true || exit 77
  buildah rm "$probe" >/dev/null
  # Debian 12 has Python 3.11.
  python3 -m pip download --quiet --disable-pip-version-check --dest "$wheels" --only-binary :all: \
    --python-version 3.11 --require-hashes --requirement requirements.run.lock
  python3 -m pip download --quiet --disable-pip-version-check --dest "$wheels" hatchling
  options=(--volume "$wheels:/wheels:ro" --build-arg PIP_NO_INDEX=1 --build-arg PIP_FIND_LINKS=/wheels)
fi
buildah build --quiet --build-arg "BASE=$base" "${options[@]}" --tag localhost/log-to-span-translator . >/dev/null
container=$(buildah from localhost/log-to-span-translator)
trap 'rm -rf "$wheels"; buildah rm "$container" >/dev/null' EXIT
buildah run --user 65532:65532 "$container" -- translator --version
buildah run --user 65532:65532 "$container" -- translator demo >/dev/null
echo "the image runs as user 65532"
