#!/usr/bin/env bash
# Builds the image with buildah and runs it. Where no registry of images can be reached, the base
# image is made here from Debian packages.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
base=${BASE:-docker.io/library/python:3.13-slim-bookworm}

if ! timeout 60 buildah pull --quiet "$base" >/dev/null 2>&1; then
  echo "no image registry can be reached: making a base image from Debian packages"
  base=localhost/python-slim
  if ! buildah images --quiet "$base" >/dev/null 2>&1; then
    root=$(mktemp -d)
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" >/dev/null
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$root" / >/dev/null
    buildah commit --quiet "$container" "$base" >/dev/null
    buildah rm "$container" >/dev/null
    rm -rf "$root"
  fi
fi
buildah build --quiet --build-arg "BASE=$base" --tag localhost/log-to-span-translator . >/dev/null
container=$(buildah from localhost/log-to-span-translator)
trap 'buildah rm "$container" >/dev/null' EXIT
buildah run --user 65532:65532 "$container" -- translator --version
buildah run --user 65532:65532 "$container" -- translator demo >/dev/null
echo "the image runs as user 65532"
