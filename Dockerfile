# Two images: `operator` (the default) and `simulator`, each with its locked dependencies and nothing to build with.
#   docker build -t arcgis-operator:0.1.0 .
#   docker build -t arcgis-simulator:0.1.0 --target simulator .
# For a build that can be repeated, name the base by digest: --build-arg PYTHON=python:3.13-slim@sha256:…
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS tools
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/ requirements/

FROM tools AS wheel
# The build backend and what it needs, out of the lock for development.
RUN awk '/^[a-z]/ {wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} wanted' \
        requirements/dev.txt > requirements/build.txt \
    && pip install --require-hashes --only-binary :all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY operator/ operator/
COPY simulator/ simulator/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist .

FROM tools AS operator-environment
RUN python -m venv --without-pip /opt/arcgis \
    && pip --python /opt/arcgis/bin/python install --require-hashes --only-binary :all: -r requirements/operator.txt
COPY --from=wheel /dist /dist
RUN pip --python /opt/arcgis/bin/python install --no-deps --no-index /dist/*.whl

FROM tools AS simulator-environment
RUN python -m venv --without-pip /opt/arcgis \
    && pip --python /opt/arcgis/bin/python install --require-hashes --only-binary :all: -r requirements/simulator.txt
COPY --from=wheel /dist /dist
RUN pip --python /opt/arcgis/bin/python install --no-deps --no-index /dist/*.whl

FROM ${PYTHON} AS runtime
# Nothing is written but to /tmp, and nothing is imported from the working directory.
ENV PATH=/opt/arcgis/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1
LABEL org.opencontainers.image.version="0.1.0" \
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
