# Two stages: wheels and compilers stay behind in the first.
FROM python:3.12-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /muniment
# With what the extra `kafka` needs: one image runs every service of docker-compose.yml.
COPY requirements-kafka.lock .
RUN /muniment/bin/pip install --no-cache-dir --require-hashes -r requirements-kafka.lock
COPY . .
RUN /muniment/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/muniment muniment
COPY --from=build /muniment /muniment
ENV PATH=/muniment/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MUNIMENT_DATA_DIR=/var/lib/muniment \
    MUNIMENT_HTTP_HOST=0.0.0.0
USER muniment
WORKDIR /var/lib/muniment
VOLUME /var/lib/muniment
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["muniment"]
CMD ["up"]
