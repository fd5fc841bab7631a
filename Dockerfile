# Three images, one per target: `bot` (without TensorFlow), `worker`, and `sandbox`, the stand-in for Discord.
# Each has a layer of dependencies, which changes only with pyproject.toml and constraints.txt, and a small
# layer of code.

FROM python:3.11-slim-bookworm AS build
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CACHE_DIR=/var/cache/pip
WORKDIR /source
COPY pyproject.toml constraints.txt ./

FROM build AS bot-dependencies
RUN --mount=type=cache,target=/var/cache/pip pip install -c constraints.txt ".[bot]"

FROM build AS worker-dependencies
# "worker,gpu" is for machines with an NVIDIA GPU.
ARG WORKER_EXTRAS=worker
RUN --mount=type=cache,target=/var/cache/pip pip install -c constraints.txt ".[${WORKER_EXTRAS}]"

FROM build AS sandbox-dependencies
RUN --mount=type=cache,target=/var/cache/pip pip install -c constraints.txt ".[sandbox]"

FROM build AS wheel
COPY . .
RUN --mount=type=cache,target=/var/cache/pip pip wheel --no-deps --wheel-dir /wheels .


FROM python:3.11-slim-bookworm AS runtime
# The only writable folder besides /tmp. A new volume that is mounted there gets the same owner.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin shakelm \
 && install -d -o shakelm -g shakelm /var/lib/shakelm
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 HOME=/tmp
WORKDIR /var/lib/shakelm
STOPSIGNAL SIGTERM

FROM runtime AS bot
COPY --from=bot-dependencies /opt/venv /opt/venv
RUN --mount=from=wheel,source=/wheels,target=/wheels pip install --no-deps --force-reinstall /wheels/*.whl
USER 10001:10001
ENTRYPOINT ["python", "-m", "bot"]

FROM runtime AS worker
COPY --from=worker-dependencies /opt/venv /opt/venv
RUN --mount=from=wheel,source=/wheels,target=/wheels pip install --no-deps --force-reinstall /wheels/*.whl
USER 10001:10001
ENV SHAKELM_STORE=/var/lib/shakelm/store XDG_CACHE_HOME=/var/lib/shakelm/cache
ENTRYPOINT ["python", "-m", "worker"]
CMD ["verse"]

FROM runtime AS sandbox
COPY --from=sandbox-dependencies /opt/venv /opt/venv
RUN --mount=from=wheel,source=/wheels,target=/wheels pip install --no-deps --force-reinstall /wheels/*.whl
USER 10001:10001
ENTRYPOINT ["python", "-m", "sandbox"]
CMD ["--server-only", "--host", "0.0.0.0", "--port", "8080"]
