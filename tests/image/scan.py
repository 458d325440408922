"""What must not be in an image: rights, writable places, secrets, tools to build or install with."""

from __future__ import annotations

import re
import stat
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any

USER = 65532
WRITABLE = ("var/lib/translator", "tmp")
MOUNTED = ("dev", "proc", "sys")
# What the Dockerfile sets.
VARIABLES = {"PATH", "LANG", "PYTHONUNBUFFERED", "TRANSLATOR_STATE_DIR", "TRANSLATOR_LISTEN"}
LABELS = ("title", "description", "licenses", "version", "revision", "base.name")

_TOOLS = re.compile(
    r"(^|/)(site-packages/pip|ensurepip|bin/(pip[\d.]*|apt(-get)?|g?cc|cc|[cg]\+\+|clang|ld|as|make))$"
)
_SECRETS = re.compile(
    r"(^|/)(\.env|\.git|\.ssh|\.netrc|\.npmrc|\.pypirc|\.docker|pip\.conf|id_[a-z0-9]+|.*\.key|translator\.env)$"
)
_LEFT_OVER = re.compile(r"^(src|wheels|root/\.cache|tmp)/.|^var/cache/apt/archives/.*\.deb$")


def of_config(config: dict[str, Any]) -> Iterator[str]:
    """What is wrong with how an image is run.

    Args:
        config: The `Config` and the `HealthCheck` of `podman image inspect`.
    """
    user = str(config.get("User", ""))
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user):
        yield f"it runs as {user or 'root'!r}, not as a user and a group by number"
    if config.get("StopSignal") not in ("SIGTERM", "15"):
        yield f"it is stopped with {config.get('StopSignal')}"
    how, *health = (config.get("Healthcheck") or {}).get("Test") or ["NONE"]
    if how != "CMD" or _is_shell(health):
        yield f"its health check needs a shell, or there is none: {how} {health}"
    if _is_shell(config.get("Entrypoint") or []):
        yield f"its entry point needs a shell, or there is none: {config.get('Entrypoint')}"
    for entry in config.get("Env", []):
        if entry.partition("=")[0] not in VARIABLES:
            yield f"the variable {entry.partition('=')[0]} was left in it"
    for label in LABELS:
        if not config.get("Labels", {}).get(f"org.opencontainers.image.{label}"):
            yield f"the label {label} is missing"


def of_files(members: Iterable[tarfile.TarInfo]) -> Iterator[str]:
    """What is wrong with the files of an image.

    Args:
        members: Its whole file system, as `podman export` gives it.
    """
    for member in members:
        path = member.name.removeprefix("./").rstrip("/")
        if path.split("/", 1)[0] in MOUNTED:
            continue
        if member.isfile() and member.mode & (stat.S_ISUID | stat.S_ISGID):
            yield f"/{path} is setuid or setgid"
        if not member.issym() and _may_write(member) and not _within(path, WRITABLE):
            yield f"/{path} may be written by the user"
        if _TOOLS.search(path):
            yield f"/{path} is a tool to build or install with"
        if _SECRETS.search(path):
            yield f"/{path} may hold secrets"
        if _LEFT_OVER.search(path):
            yield f"/{path} was left over"


def _is_shell(words: list[str]) -> bool:
    return not words or words[0].rsplit("/", 1)[-1] in ("sh", "bash", "dash")


def _within(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _may_write(member: tarfile.TarInfo) -> bool:
    mode = member.mode
    return bool(
        mode & stat.S_IWOTH
        or (member.uid == USER and mode & stat.S_IWUSR)
        or (member.gid == USER and mode & stat.S_IWGRP)
    )
