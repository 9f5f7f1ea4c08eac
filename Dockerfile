# syntax=docker/dockerfile:1.7
#
# One image for both programs: the API (its command) and the worker (node dist/apps/worker/src/main.js).
#
#   docker build -t hairpin .
#   docker run --read-only --tmpfs /tmp -v hairpin-data:/data -e HAIRPIN_ALLOW_OPEN=1 -p 127.0.0.1:3000:3000 hairpin
#
# Base images are named by their exact version, not by digest; whoever builds for production may add the digests that
# their registry shows.

# What is compiled here is compiled against the headers of 24.18: with those of 24.19 to 24.21 the SQLite driver aborts
# the process when garbage is collected (nodejs/node#65446). It runs on all of them.
ARG BUILD_NODE=24.18.1-bookworm
ARG RUN_NODE=24.21.0-bookworm-slim

# --- What runs needs of the packages. The full image has what compiles better-sqlite3: python3, make and g++.
FROM node:${BUILD_NODE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm_config_build_from_source=true npm_config_nodedir=/usr/local \
    npm ci --omit=dev --no-audit --no-fund

# --- TypeScript to JavaScript. Nothing that is built here needs a compiled package.
FROM node:${BUILD_NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json .swcrc ./
COPY bin bin
COPY migrations migrations
COPY libs libs
COPY apps apps
RUN node bin/build.mjs

FROM node:${RUN_NODE} AS runtime
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    WORKER_HOST=0.0.0.0 \
    WORKER_PORT=3001 \
    DATA_DIR=/data \
    LOG_FORMAT=json
WORKDIR /app
COPY package.json LICENSE ./
COPY presets presets
COPY bin/health.mjs bin/hairpin.mjs bin/hairpin.txt bin/backup.mjs bin/project.mjs bin/lock.mjs bin/
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
# Where SQLite keeps its file, if no DATABASE_URL is given: the only folder that is written to.
RUN install -d -o 10001 -g 10001 /data
VOLUME /data
USER 10001:10001
EXPOSE 3000 3001
# The programs listen to it themselves, also as process 1, and leave no children behind: no init is needed.
STOPSIGNAL SIGTERM
# One for both programs: it asks the port of the one that runs.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "bin/health.mjs"]
CMD ["node", "dist/apps/api/src/main.js"]
