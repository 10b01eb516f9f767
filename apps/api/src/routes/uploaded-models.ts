import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import {
  CreateModelQuery,
  DEFAULT_PAGE,
  OPSETS,
  Outputs,
  OutputsRequest,
  page,
  pageQuery,
  text,
  UploadedModel,
} from "@descent/contracts";
import { deleteUploadedModel, getUploadedModel, listUploadedModels } from "@descent/db";
import { Type } from "typebox";
import type { App, AppSettings, Parts } from "../app.ts";
import { keepModel } from "../keep-model.ts";
import { problems } from "../openapi/responses.ts";
import { rowsOf } from "../predict/count-rows-at-once.ts";
import { finite } from "../predict/name-predictions.ts";
import { PREDICT_MS, predict, ROWS_LIMIT } from "../predict/predict.ts";
import { readNumbers } from "../predict/read-numbers.ts";
import { unsupportedMediaType } from "../problem/answer-problems.ts";
import { faulty, problem } from "../problem/problem-error.ts";
import { receiveFile, uploadTooLarge } from "../receive-file.ts";

const Id = Type.Object({ id: text(100, { description: "Of the model, mdl_…" }) });
const tags = ["models"];
const ONNX = "application/octet-stream";
/** An upload is bounded by its size and by the time a request may take, not by the time for an answer. */
const UPLOAD_TIMEOUT_MS = 16 * 60_000;

export async function uploadedModelRoutes(
  app: App,
  parts: Parts,
  settings: AppSettings,
): Promise<void> {
  // A scope of its own: only here is such a body taken, and it streams.
  await app.register(async (uploads: App) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser(ONNX, (_request, payload, done) => done(null, payload));
    createRoute(uploads, parts, settings);
  });

  app.get(
    "/v1/models",
    {
      schema: {
        operationId: "listUploadedModels",
        summary: "Uploaded models, newest first",
        tags,
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: page(UploadedModel), ...problems("invalid_cursor") },
      },
    },
    async ({ query: { limit = DEFAULT_PAGE, cursor } }) =>
      listUploadedModels(parts.db, { limit, cursor }),
  );

  app.get(
    "/v1/models/:id",
    {
      schema: {
        operationId: "getUploadedModel",
        summary: "One uploaded model, with its parameters by name",
        tags,
        params: Id,
        response: { 200: UploadedModel, ...problems("model_not_found") },
      },
    },
    async ({ params: { id } }) => {
      const model = await getUploadedModel(parts.db, id);
      if (!model) throw modelNotFound(id);
      return model;
    },
  );

  app.post(
    "/v1/models/:id/predictions",
    {
      bodyLimit: ROWS_LIMIT,
      schema: {
        operationId: "runUploadedModel",
        summary: "What an uploaded model gives for rows, as it is in the file",
        description:
          "A row is nested arrays of the input's shape, or its numbers in one array. Nothing is scaled, and the output is the file's own: what a training begins from.",
        tags,
        params: Id,
        body: OutputsRequest,
        response: {
          200: Outputs,
          ...problems(
            "malformed_json",
            "body_too_large",
            "unsupported_media_type",
            "model_not_found",
            "invalid_rows",
            "timeout",
          ),
        },
      },
    },
    async ({ params: { id }, body: { rows } }, reply) => {
      const model = await getUploadedModel(parts.db, id);
      if (!model) throw modelNotFound(id);
      const { sha256, input, output } = model;
      const read = readNumbers(rows, model);
      if (read.faults) throw faulty("invalid_rows", read.faults);
      const path = await parts.storage.path(sha256);
      const { inputs } = read;
      const predicted = await predict(parts, reply, {
        ...{ path, inputs, input, shape: input.shape },
        ...{ output: output.name, batch: input.batch, milliseconds: PREDICT_MS },
        atOnce: rowsOf(model.numbers_per_row),
      });
      if (predicted === null) return reply.hijack();
      const numbers = predicted[output.name]!;
      const length = numbers.length / rows.length;
      return {
        outputs: rows.map((_, row) =>
          Array.from(numbers.subarray(row * length, (row + 1) * length), finite),
        ),
      };
    },
  );

  app.delete(
    "/v1/models/:id",
    {
      schema: {
        operationId: "deleteUploadedModel",
        summary: "Delete an uploaded model that no unfinished job uses",
        tags,
        params: Id,
        response: {
          204: Type.Null({ description: "Deleted" }),
          ...problems("model_not_found", "model_in_use"),
        },
      },
    },
    async ({ params: { id }, log }, reply) => {
      const deletion = await deleteUploadedModel(parts.db, id);
      if (!("orphanedBlob" in deletion)) {
        if (deletion.result === "not_found") throw modelNotFound(id);
        throw problem("model_in_use", "jobs that have not ended use it; cancel them or wait");
      }
      const { orphanedBlob: blob } = deletion;
      if (blob !== null)
        await parts.storage
          .delete(blob)
          .catch((err) => log.error({ err, blob }, "blob left behind"));
      return reply.code(204).send(null);
    },
  );
}

function createRoute(app: App, parts: Parts, { maxUploadBytes }: AppSettings): void {
  app.post(
    "/v1/models",
    {
      handlerTimeout: UPLOAD_TIMEOUT_MS,
      config: { accepts: [ONNX] },
      schema: {
        operationId: "createUploadedModel",
        summary: "Upload a model as an ONNX file",
        description: `The raw body is the file: operator sets ${OPSETS.first} to ${OPSETS.last}, weights in float32 and inside the file. It is checked, translated and compared with itself in ONNX Runtime; jobs then train it as \`"model": {"id": "mdl_…"}\`.`,
        tags,
        querystring: CreateModelQuery,
        response: {
          201: {
            description: "Checked and ready",
            content: { "application/json": { schema: UploadedModel } },
          },
          ...problems("body_too_large", "unsupported_media_type", "invalid_model"),
        },
      },
    },
    async (request, reply) => {
      const path = parts.storage.temporaryPath();
      try {
        if (Number(request.headers["content-length"]) > maxUploadBytes)
          throw uploadTooLarge(maxUploadBytes);
        if (!(request.body instanceof Readable)) throw unsupportedMediaType(request);
        const file = await receiveFile(request.body, path, maxUploadBytes);
        const model = await keepModel(parts, { ...file, name: request.query.name, path });
        return await reply.code(201).header("location", `/v1/models/${model.id}`).send(model);
      } catch (error) {
        request.raw.resume(); // what the client still sends is read away, so that it gets to the answer
        throw error;
      } finally {
        await rm(path, { force: true });
      }
    },
  );
}

function modelNotFound(id: string) {
  return problem("model_not_found", `there is no model ${id}`);
}
