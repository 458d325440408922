#!/usr/bin/env bash
# Docker Compose with any arguments: this machine's, or that of a newer Debian, which reads files without an engine.
# 77 where neither can be had. What is fetched lies in COMPOSE_STORE.
set -euo pipefail

docker compose version >/dev/null 2>&1 && exec docker compose "$@"

store=${COMPOSE_STORE:-/var/tmp/translator-compose}
plugin=$store/package/usr/libexec/docker/cli-plugins/docker-compose
keys=/usr/share/keyrings/debian-archive-keyring.gpg

fetch() { # each step only after the one before: where a function is asked for its success, set -e is off
  mkdir -p "$store"/lists/partial "$store"/cache/archives/partial
  echo "deb [signed-by=$keys] http://deb.debian.org/debian trixie main" >"$store/sources"
  local own=(-qq -o "Dir::Etc::sourcelist=$store/sources" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$store/lists" -o "Dir::Cache=$store/cache" -o APT::Sandbox::User=root)
  apt-get "${own[@]}" update &&
    (cd "$store" && apt-get "${own[@]}" download docker-compose) &&
    dpkg -x "$store"/docker-compose_*.deb "$store/package"
}

if [ ! -x "$plugin" ]; then
  command -v apt-get >/dev/null && [ -e "$keys" ] && fetch >&2 || exit 77
fi
exec "$plugin" "$@"
