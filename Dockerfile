# What is needed to build stays in the first stage. `docker build --target gate` makes an image for pipelines, with git.
# tests/test_package.py runs the last two lines of this file.

FROM python:3.13-slim AS build
WORKDIR /source
COPY requirements.txt requirements-build.txt ./
RUN python -m venv --without-pip /momus \
 && pip install --no-cache-dir --require-hashes -r requirements-build.txt \
 && pip --python /momus/bin/python install --no-cache-dir --only-binary=:all: --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE openapi.yaml ./
COPY compat compat
COPY registry registry
COPY momus momus
RUN pip --python /momus/bin/python install --no-cache-dir --no-deps --no-build-isolation . \
 && /momus/bin/python -m compileall -q /momus/lib

FROM python:3.13-slim AS gate
RUN apt-get update -q && apt-get install -qy --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
 && pip uninstall --yes --quiet pip --root-user-action=ignore
COPY --from=build /momus /momus
# What is mounted belongs to somebody else, and is only read.
ENV PATH=/momus/bin:$PATH GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["momus"]

FROM python:3.13-slim
RUN pip uninstall --yes --quiet pip --root-user-action=ignore && install -d -o 10001 -g 10001 /data
COPY --from=build /momus /momus
ENV PATH=/momus/bin:$PATH MOMUS_HOST=0.0.0.0 MOMUS_DATA=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('MOMUS_PORT', 8081)}/health/ready\")"]
ENTRYPOINT ["momus", "serve"]
