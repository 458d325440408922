# The sidecar: one virtual environment, no build tools, a user without rights.
ARG BASE=python:3.13-slim-bookworm
FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# For builds without a network: a directory of wheels that is mounted into the build.
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS
WORKDIR /src
COPY requirements.run.lock ./
RUN python3 -m venv /opt/translator \
    && /opt/translator/bin/pip install --quiet --require-hashes --requirement requirements.run.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY translator translator
COPY samples/python/agent.py samples/python/agent.py
COPY docs/checks.md docs/checks.md
RUN /opt/translator/bin/pip install --quiet --no-deps . \
    && /opt/translator/bin/pip uninstall --quiet --yes pip \
    && /opt/translator/bin/translator --version

FROM ${BASE}
LABEL org.opencontainers.image.title="log-to-span-translator" \
      org.opencontainers.image.description="Agent logs in, Sentry traces out" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/translator /opt/translator
RUN mkdir -p /var/lib/translator && chown 65532:65532 /var/lib/translator && chmod 0700 /var/lib/translator
ENV PATH=/opt/translator/bin:$PATH PYTHONUNBUFFERED=1 TRANSLATOR_STATE_DIR=/var/lib/translator \
    TRANSLATOR_LISTEN=127.0.0.1:9464
VOLUME /var/lib/translator
WORKDIR /var/lib/translator
USER 65532:65532
STOPSIGNAL SIGTERM
# Whether it lives, not whether Sentry answers. There is no shell in it.
HEALTHCHECK --interval=30s --timeout=10s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9464/healthz', timeout=5)"]
ENTRYPOINT ["translator"]
CMD ["run", "/var/log/agent"]
