import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import {
  CreateDatasetQuery,
  Dataset,
  DEFAULT_PAGE,
  page,
  pageQuery,
  text,
} from "@descent/contracts";
import { deleteDataset, getDataset, listDatasets } from "@descent/db";
import multipart from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, AppSettings, Parts } from "../app.ts";
import { problems } from "../openapi/responses.ts";
import { unsupportedMediaType } from "../problem/answer-problems.ts";
import { faulty, problem } from "../problem/problem-error.ts";
import { receiveImages } from "../receive-dataset/receive-images.ts";
import { type Upload, validateUpload } from "../receive-dataset/validate-upload.ts";
import { receiveFile, uploadTooLarge } from "../receive-file.ts";

const Id = Type.Object({ id: text(100, { description: "Of the data set, ds_…" }) });
const tags = ["data sets"];
/** An upload is bounded by its size and by the time a request may take, not by the time for an answer. */
const UPLOAD_TIMEOUT_MS = 16 * 60_000;

export async function datasetRoutes(app: App, parts: Parts, settings: AppSettings): Promise<void> {
  // A scope of its own: only here are these bodies taken, and they stream.
  await app.register(async (uploads: App) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser("text/csv", (_request, payload, done) => done(null, payload));
    await uploads.register(multipart);
    createRoute(uploads, parts, settings);
  });

  app.get(
    "/v1/datasets",
    {
      schema: {
        operationId: "listDatasets",
        summary: "Data sets, newest first",
        tags,
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: page(Dataset), ...problems("invalid_cursor") },
      },
    },
    async ({ query: { limit = DEFAULT_PAGE, cursor } }) =>
      listDatasets(parts.db, { limit, cursor }),
  );

  app.get(
    "/v1/datasets/:id",
    {
      schema: {
        operationId: "getDataset",
        summary: "One data set, with what is known of its columns",
        tags,
        params: Id,
        response: { 200: Dataset, ...problems("dataset_not_found") },
      },
    },
    async ({ params: { id } }) => {
      const dataset = await getDataset(parts.db, id);
      if (!dataset) throw datasetNotFound(id);
      return dataset;
    },
  );

  app.delete(
    "/v1/datasets/:id",
    {
      schema: {
        operationId: "deleteDataset",
        summary: "Delete a data set that no unfinished job uses",
        tags,
        params: Id,
        response: {
          204: Type.Null({ description: "Deleted" }),
          ...problems("dataset_not_found", "dataset_in_use"),
        },
      },
    },
    async ({ params: { id }, log }, reply) => {
      const deletion = await deleteDataset(parts.db, id);
      if (!("orphanedBlobs" in deletion)) {
        if (deletion.result === "not_found") throw datasetNotFound(id);
        throw problem("dataset_in_use", "jobs that have not ended use it; cancel them or wait");
      }
      for (const blob of deletion.orphanedBlobs)
        await parts.storage
          .delete(blob)
          .catch((err) => log.error({ err, blob }, "blob left behind"));
      return reply.code(204).send(null);
    },
  );
}

const recorded = (description: string) => ({
  description,
  content: { "application/json": { schema: Dataset } },
});

function createRoute(app: App, parts: Parts, settings: AppSettings): void {
  app.post(
    "/v1/datasets",
    {
      handlerTimeout: UPLOAD_TIMEOUT_MS,
      config: { accepts: ["text/csv", "multipart/form-data"] },
      schema: {
        operationId: "createDataset",
        summary: "Upload a data set",
        description:
          "A table is the raw body: CSV with a header row. Images are two parts, `images` and `labels`, in IDX (the MNIST format). Gzip is accepted: the CSV with `Content-Encoding: gzip`, the IDX files as they are.",
        tags,
        querystring: CreateDatasetQuery,
        response: {
          201: recorded("Validated and ready"),
          202: recorded("Validation takes longer; look again"),
          ...problems("body_too_large", "unsupported_media_type", "invalid_dataset"),
        },
      },
    },
    async (request, reply) => {
      const { maxUploadBytes, answerUploadAfterMs: answerAfterMs } = settings;
      const { name, categories = "" } = request.query;
      if (Number(request.headers["content-length"]) > maxUploadBytes)
        throw uploadTooLarge(maxUploadBytes);
      const paths = [parts.storage.temporaryPath(), parts.storage.temporaryPath()] as const;
      const discard = async () => {
        for (const path of paths) await rm(path, { force: true });
      };
      let upload: Upload;
      try {
        upload = request.isMultipart()
          ? await imagesUpload(request, name, paths, maxUploadBytes)
          : await tableUpload(request, name, namesOf(categories), paths[0], maxUploadBytes);
      } catch (error) {
        await discard();
        request.raw.resume(); // what the client still sends is read away, so that it gets to the answer
        throw error;
      }
      const dataset = await validateUpload(
        parts,
        upload,
        { log: request.log, answerAfterMs },
        discard,
      );
      return reply
        .code(dataset.status === "validating" ? 202 : 201)
        .header("location", `/v1/datasets/${dataset.id}`)
        .send(dataset);
    },
  );
}

async function tableUpload(
  request: FastifyRequest,
  name: string,
  categories: string[],
  path: string,
  maxBytes: number,
): Promise<Upload> {
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (!["identity", "gzip"].includes(encoding))
    throw faulty("unsupported_media_type", [
      {
        pointer: "/headers/content-encoding",
        message: "is not accepted here",
        allowed: ["identity", "gzip"],
      },
    ]);
  if (!(request.body instanceof Readable)) throw unsupportedMediaType(request);
  const file = await receiveFile(request.body, path, maxBytes);
  return {
    dataset: { name, format: "csv", ...file },
    inspect: { format: "csv", path, gzip: encoding === "gzip", categories },
    keep: path,
  };
}

async function imagesUpload(
  request: FastifyRequest,
  name: string,
  [images, labels]: readonly [string, string],
  maxBytes: number,
): Promise<Upload> {
  const files = await receiveImages(request, { images, labels }, maxBytes);
  return {
    dataset: { name, format: "idx", ...files },
    inspect: { format: "idx", images, labels },
    keep: null, // the table holds every pixel and label
  };
}

function namesOf(list: string): string[] {
  return list.split(",").flatMap((name) => name.trim() || []);
}

function datasetNotFound(id: string) {
  return problem("dataset_not_found", `there is no data set ${id}`);
}
