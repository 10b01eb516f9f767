import { createReadStream, type ReadStream } from "node:fs";
import { PredictionRequest, Predictions, text } from "@descent/contracts";
import { type FoundModel, findModel } from "@descent/db";
import { Type } from "typebox";
import type { App, Parts } from "../app.ts";
import { problems } from "../openapi/responses.ts";
import { countRowsAtOnce } from "../predict/count-rows-at-once.ts";
import { classesOf, namePredictions } from "../predict/name-predictions.ts";
import { PREDICT_MS, predict, ROWS_LIMIT } from "../predict/predict.ts";
import { readRows } from "../predict/read-rows.ts";
import { faulty, problem } from "../problem/problem-error.ts";
import { jobNotFound } from "./jobs.ts";

const ONNX = "application/octet-stream";
const File = { schema: Type.Unsafe<ReadStream>({ type: "string", contentMediaType: ONNX }) };

export function modelRoutes(app: App, parts: Parts): void {
  app.get(
    "/v1/jobs/:id/model",
    {
      schema: {
        operationId: "getModel",
        summary: "What a finished job has learnt, as an ONNX file",
        description:
          "`input` takes raw rows, float32: of a table [rows, features], a number as it is and a category as its position in the column's values; of images [rows, channels, height, width] from 0 to 255. `label` is the position of the class and `probabilities` is [rows, classes]; a number target has `prediction` [rows, 1]. The file's metadata name features, values and classes in their order.",
        tags: ["jobs"],
        params: Type.Object({ id: text(100) }),
        response: {
          200: { description: "The file", content: { [ONNX]: File } },
          304: { description: "`If-None-Match` names this very file", type: "null" },
          ...problems("job_not_found", "model_not_found"),
        },
      },
    },
    async ({ params: { id }, headers }, reply) => {
      const { sha256 } = await modelOf(parts, id);
      const etag = `"${sha256}"`;
      reply.header("etag", etag);
      if (headers["if-none-match"]?.split(",").some((tag) => names(tag.trim(), etag)))
        return reply.code(304).send(null);
      const path = await parts.storage.path(sha256);
      return reply
        .type(ONNX)
        .header("content-disposition", `attachment; filename="${id}.onnx"`)
        .send(createReadStream(path));
    },
  );

  app.post(
    "/v1/jobs/:id/predictions",
    {
      bodyLimit: ROWS_LIMIT,
      schema: {
        operationId: "predict",
        summary: "What a finished job's model says of new rows",
        description:
          "A row is an object by feature, or an array in the features' order; an image is nested arrays [channels][height][width] from 0 to 255. Numbers are taken as float32.",
        tags: ["jobs"],
        params: Type.Object({ id: text(100) }),
        body: PredictionRequest,
        response: {
          200: Predictions,
          ...problems(
            "malformed_json",
            "body_too_large",
            "unsupported_media_type",
            "job_not_found",
            "model_not_found",
            "invalid_rows",
            "timeout",
          ),
        },
      },
    },
    async ({ params: { id }, body: { rows } }, reply) => {
      const found = await modelOf(parts, id);
      const read = readRows(rows, found);
      if (read.faults) throw faulty("invalid_rows", read.faults);
      const path = await parts.storage.path(found.sha256);
      const { inputs, shape } = read;
      const atOnce = countRowsAtOnce(found);
      const task = { path, inputs, shape, atOnce, milliseconds: PREDICT_MS };
      const predicted = await predict(parts, reply, task);
      if (predicted === null) return reply.hijack();
      return { predictions: namePredictions(predicted, classesOf(found)) };
    },
  );
}

const names = (tag: string, etag: string) => tag === "*" || tag.replace(/^W\//, "") === etag;

/** A job that has a model. @throws ProblemError that says why there is none */
async function modelOf({ db }: Parts, id: string): Promise<FoundModel & { sha256: string }> {
  const found = await findModel(db, id);
  if (!found) throw jobNotFound(id);
  const { sha256 } = found;
  if (sha256 === null) throw problem("model_not_found", whyNone(found));
  return { ...found, sha256 };
}

function whyNone({ status, outcome }: FoundModel): string {
  if (status === "queued" || status === "running")
    return `the job is ${status}; its model is there when it has finished`;
  if (status !== "finished") return `the job is ${status}, so it has no model`;
  if (outcome === "diverged") return "the job diverged, so it has no model";
  return "no model was kept of the job: it ran before models were, or its model is over 2 GiB";
}
