# One image for every part of the site; docker-compose.yml says which part a container is. Python is that of the tests.

FROM python:3.11-slim AS installed
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.11-slim
RUN apt-get update -q && apt-get install -q -y --no-install-recommends mdbtools && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data --create-home cosinter
COPY --from=installed /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app:/app/platform \
    PYTHONUNBUFFERED=1 \
    COSINTER_HOME=/data \
    COSINTER_BIND=0.0.0.0 \
    COSINTER_LOG_FORMAT=json
WORKDIR /app
COPY manage.py pyproject.toml ./
COPY platform platform
COPY samples samples
COPY measurements measurements
COPY analysis_tasks analysis_tasks
COPY static static
COPY templates templates
RUN COSINTER_HOME=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q platform samples measurements analysis_tasks \
    && rm -rf /tmp/build
USER cosinter
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD \
    ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8000/health/live', timeout=5)"]
CMD ["python", "manage.py", "part", "web"]
