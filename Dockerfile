# One image for api and worker; docker-compose.yml says which of the two it runs.
FROM node:24-bookworm-slim
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY . .
RUN npm install && mkdir -p /blobs && chown node:node /blobs
USER node
