#!/usr/bin/env bash
# podman for the tests of the image, with a store of its own and what this machine needs to run containers:
#
#   tests/image/podman.sh prepare     finds that out, and sees to the base images; 77 where no container can run
#   tests/image/podman.sh ARGUMENTS…  podman, prepared
#
# Where no registry of images can be reached, the base images are made here, of Debian packages, under the names
# of those that they stand in for. The store lies in CONTAINERS_STORE.
set -euo pipefail

store=${CONTAINERS_STORE:-/var/tmp/translator-containers}
python=docker.io/library/python:3.13-slim-bookworm
node=docker.io/library/node:22-bookworm-slim
export CONTAINERS_CONF=$store/containers.conf CONTAINERS_STORAGE_CONF=$store/storage.conf
export CONTAINERS_REGISTRIES_CONF=$store/registries.conf BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker

settings() { # DRIVER RUNTIME
  cat >"$store/storage.conf" <<END
[storage]
driver = "$1"
graphroot = "$store/images-$1"
runroot = "$store/run-$1"
END
  echo 'unqualified-search-registries = ["docker.io"]' >"$store/registries.conf"
  # Podman's own limits are above those of some sandboxes, where nobody may raise them.
  cat >"$store/containers.conf" <<END
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "$2"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "$store/networks"
END
}

has() { podman image exists "$1"; }

python_base() {
  has "$python" && return
  timeout 120 podman pull --quiet "$python" >/dev/null 2>&1 && return
  echo "no registry of images can be reached: Debian packages stand in for $python" >&2
  local root=$store/base
  rm -rf "$root" "$root.tar"
  mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --customize-hook='cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"' \
    trixie "$root.tar" >&2
  podman import --quiet "$root.tar" "$python" >/dev/null
  rm -f "$root.tar"
}

# Node's image has npm, which comes from npm itself; the one of Debian would bring three hundred packages.
node_base() {
  has "$node" && return
  timeout 120 podman pull --quiet "$node" >/dev/null 2>&1 && return
  echo "no registry of images can be reached: Debian packages stand in for $node" >&2
  local tree=$store/npm
  npm install --silent --global --prefix "$tree" --no-audit --no-fund npm@10 >&2 || return 1
  podman rm --force --ignore node-base >/dev/null
  podman run --name node-base --network host --volume "$tree/lib/node_modules/npm:/npm:ro" "$python" sh -c '
    apt-get update -qq &&
    apt-get install -qq -y --no-install-recommends nodejs &&
    mkdir -p /usr/local/lib/node_modules &&
    cp -R /npm /usr/local/lib/node_modules/npm &&
    ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm &&
    ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx &&
    groupadd --gid 1000 node &&
    useradd --uid 1000 --gid node --create-home node &&
    npm --version' >"$store/node.log" 2>&1 || { cat "$store/node.log" >&2; return 1; }
  podman commit --quiet --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
    node-base "$node" >/dev/null
  podman rm node-base >/dev/null
}

prepare() {
  mkdir -p "$store/networks"
  local driver runtime
  for driver in overlay vfs; do
    for runtime in crun runc; do
      command -v "$runtime" >/dev/null || continue
      settings "$driver" "$runtime"
      podman info >/dev/null 2>&1 && python_base || continue
      if podman run --rm "$python" python3 -c '' 2>"$store/why"; then
        node_base || return 1
        echo "containers run: podman with $runtime on $driver"
        return 0
      fi
      echo "podman runs nothing with $runtime on $driver: $(cat "$store/why")" >&2
    done
  done
  echo "podman can run no container here" >&2
  return 77
}

if [ "${1:-}" = prepare ]; then prepare; else exec podman "$@"; fi
