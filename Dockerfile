# Headgate's server and command line. Build from the project's root: docker build --tag headgate .

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY server/package.json server/
COPY client/package.json client/
COPY console/package.json console/
RUN npm ci --omit=dev --workspace server

FROM node:24-slim AS console
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY server/package.json server/
COPY client/package.json client/
COPY console/package.json console/
RUN npm ci --workspace console
COPY scripts/build-console.ts scripts/console-build.ts scripts/
COPY client/src client/src
COPY console console
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production \
    HEADGATE_HOST=0.0.0.0 \
    HEADGATE_PORT=8080 \
    HEADGATE_DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY LICENSE package.json ./
COPY server/package.json server/
COPY server/bin server/bin
COPY server/src server/src
COPY --from=console /app/console/dist console/dist
# The folder of the embedded store, the key file and the job outputs. `node` is the image's unprivileged user.
RUN mkdir /data && chown node:node /data && chmod 700 /data && ln -s /app/server/bin/headgate.js /usr/local/bin/headgate
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEADGATE_PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The server finishes running requests on SIGTERM: give `docker stop` at least HEADGATE_SHUTDOWN_GRACE_SECONDS.
ENTRYPOINT ["headgate"]
CMD ["serve"]
