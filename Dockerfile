# One image for the web server, the gateway and every command; no program in it runs as root.
FROM node:24-slim AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.13-slim AS dependencies
# A mirror of your own: docker build --build-arg PIP_INDEX_URL=…
ARG PIP_INDEX_URL
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/telemed --create-home telemed
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=web /build/web/dist /opt/telemed/web/dist
COPY config /opt/telemed/config
COPY telemed /opt/telemed/telemed
COPY dicom_gateway /opt/telemed/dicom_gateway
RUN /opt/venv/bin/python -m compileall -q /opt/telemed
ENV PYTHONPATH=/opt/telemed \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    TELEMED__STATE__PATH=/var/lib/telemed \
    TELEMED__HTTP__WEB=/opt/telemed/web/dist \
    TELEMED__LOG__FORMAT=json
WORKDIR /var/lib/telemed
VOLUME /var/lib/telemed
USER 10001
EXPOSE 8080 11112
ENTRYPOINT ["/opt/venv/bin/python", "-m"]
CMD ["telemed", "serve"]
