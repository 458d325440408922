# The sidecar: one virtual environment, no build tools, a user without rights.
#
#   docker build --tag log-to-span-translator:0.1.0 .
#
# BASE is any Debian-like image with Python 3.11 or newer and its venv module.
ARG BASE=python:3.13-slim-bookworm
FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# Another index of packages than the public one.
ARG PIP_INDEX_URL=""
WORKDIR /src
# pip stays in an environment of its own, and so out of the image.
RUN python3 -m venv /tmp/pip && python3 -m venv --without-pip /opt/translator
COPY requirements.run.lock ./
RUN /tmp/pip/bin/pip --python /opt/translator/bin/python install --quiet \
    --require-hashes --requirement requirements.run.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY translator translator
COPY samples/python/agent.py samples/python/agent.py
COPY docs/checks.md docs/checks.md
RUN /tmp/pip/bin/pip --python /opt/translator/bin/python install --quiet --no-deps . \
    && /opt/translator/bin/translator --version

FROM ${BASE} AS root
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY --from=build /opt/translator /opt/translator
# What the base has and a sidecar has no use for: what installs packages, Perl, tables of character sets that
# Python has itself, programs with rights of their own, and places that anybody may write to. Packages are
# removed as such, so that what looks for vulnerable ones does not find them either.
RUN dpkg-query --show --showformat '${Package}\n' | grep -E '^(apt|libapt-pkg.*|perl-base|sqv|gpgv)$' \
        | xargs dpkg --purge --force-depends --force-remove-essential --force-remove-protected \
    && rm -rf /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* \
        /usr/lib/python3*/ensurepip /usr/share/python-wheels /usr/lib/*/gconv \
    && find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
    && find / -xdev -perm -0002 ! -type l ! -path /tmp ! -path '/dev/*' ! -path '/proc/*' -exec chmod o-w {} + \
    && mkdir -p /var/lib/translator \
    && chown 65532:65532 /var/lib/translator \
    && chmod 0700 /var/lib/translator

# Nothing but the root above, in one layer: on top of the base, what was removed would still take its room.
FROM scratch
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="log-to-span-translator" \
      org.opencontainers.image.description="Agent logs in, Sentry traces out" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
# A whole root is what is meant.
# hadolint ignore=DL3067
COPY --from=root / /
ENV PATH=/opt/translator/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 \
    TRANSLATOR_STATE_DIR=/var/lib/translator TRANSLATOR_LISTEN=127.0.0.1:9464
VOLUME /var/lib/translator
WORKDIR /var/lib/translator
USER 65532:65532
STOPSIGNAL SIGTERM
# Whether it lives, not whether Sentry answers. It needs no shell.
HEALTHCHECK --interval=30s --timeout=10s --retries=4 CMD ["python", "-c", "import os, urllib.request as r; \
r.urlopen('http://127.0.0.1:%s/healthz' % os.environ['TRANSLATOR_LISTEN'].rpartition(':')[2], timeout=5)"]
ENTRYPOINT ["translator"]
CMD ["run", "/var/log/agent"]
