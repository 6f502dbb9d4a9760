# Two images: `operator` (the default) and `simulator`, each with its locked dependencies and nothing to build with.
# `make image` builds both, labels and measures them; it needs no engine. By hand:
#   docker build -t arcgis-operator --build-arg VERSION=… .
#   docker build -t arcgis-simulator --build-arg VERSION=… --target simulator .
# For a build that can be repeated, name the base by digest: --build-arg PYTHON=python:3.13-slim@sha256:…
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS tools
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 PYTHONPYCACHEPREFIX=/opt/arcgis/pycache
WORKDIR /src
COPY requirements/ requirements/

FROM tools AS wheels
# The build backend and what it needs, out of the lock for development.
RUN awk '/^[a-z]/ {wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} wanted' \
        requirements/dev.txt > requirements/build.txt \
    && pip install --require-hashes --only-binary :all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY operator/ operator/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist/operator .
COPY simulator/ simulator/
COPY LICENSE simulator/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist/simulator ./simulator

FROM tools AS operator-environment
RUN python -m venv --without-pip /opt/arcgis \
    && pip --python /opt/arcgis/bin/python install --no-compile --require-hashes --only-binary :all: \
        --report /src/report.json -r requirements/operator.txt
COPY --from=wheels /dist/operator /dist
RUN pip --python /opt/arcgis/bin/python install --no-compile --no-deps --no-index /dist/*.whl
COPY image/finish.py ./
RUN /opt/arcgis/bin/python finish.py arcgis-operator report.json

FROM tools AS simulator-environment
RUN python -m venv --without-pip /opt/arcgis \
    && pip --python /opt/arcgis/bin/python install --no-compile --require-hashes --only-binary :all: \
        --report /src/report.json -r requirements/simulator.txt
COPY --from=wheels /dist/simulator /dist
RUN pip --python /opt/arcgis/bin/python install --no-compile --no-deps --no-index /dist/*.whl
COPY image/finish.py ./
RUN /opt/arcgis/bin/python finish.py arcgis-simulator report.json

FROM ${PYTHON} AS runtime
# Nothing is written but to /tmp, and nothing is imported from the working directory.
ENV PATH=/opt/arcgis/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 \
    PYTHONPYCACHEPREFIX=/opt/arcgis/pycache
ARG PYTHON
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${PYTHON}" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /tmp
USER 65532:65532

FROM runtime AS simulator
LABEL org.opencontainers.image.title="arcgis-simulator" \
      org.opencontainers.image.description="A simulated ArcGIS Enterprise site, for demonstrations and tests"
COPY --from=simulator-environment /opt/arcgis /opt/arcgis
ENTRYPOINT ["arcgis-simulator"]

FROM runtime AS operator
LABEL org.opencontainers.image.title="arcgis-operator" \
      org.opencontainers.image.description="Keeps the settings of ArcGIS Enterprise services as declared"
COPY --from=operator-environment /opt/arcgis /opt/arcgis
ENTRYPOINT ["arcgis-operator"]
CMD ["run"]
