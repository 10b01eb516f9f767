import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Dataset,
  Epoch,
  Job,
  JobSpec,
  Outputs,
  Predictions,
  UploadedModel,
} from "@descent/contracts";
import { expect } from "vitest";
import { createTestDatabase } from "../harness.ts";
import { addressOf, runProgram } from "../run-program.ts";

export type Prediction = Predictions["predictions"][number];

/** A service of its own, api and worker, as `npm start` starts it, asked over HTTP. */
export interface OpenApi {
  upload(name: string, file: string | FormData): Promise<Dataset>;
  post(job: JobSpec): Promise<Job>;
  /** Waits until it has ended. */
  ended(id: string): Promise<Job>;
  epochs(id: string): Promise<Epoch[]>;
  predict(id: string, rows: unknown[]): Promise<Prediction[]>;
  /** What a job has learnt, an ONNX file. */
  model(id: string): Promise<Buffer>;
  uploadModel(name: string, file: Uint8Array): Promise<UploadedModel>;
  /** What an uploaded model gives. */
  outputs(id: string, rows: unknown[]): Promise<Outputs["outputs"]>;
  close(): Promise<void>;
}

export async function openApi(): Promise<OpenApi> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "descent-home-"));
  const program = runProgram("main", {
    ...{ DATABASE_URL: database.url, DESCENT_HOME: folder },
    ...{ PORT: "0", LOG_LEVEL: "silent" },
  });
  const stop = async () => {
    program.program.kill("SIGTERM");
    expect(await program.ended, program.said()).toBe(0);
    await database.drop();
  };
  const url = await addressOf(program).catch(async (error) => {
    await stop();
    throw error;
  });

  async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const answer = await fetch(url + path, init);
    const body = await answer.text();
    expect(answer.ok, body).toBe(true);
    return JSON.parse(body);
  }
  const send = <T>(path: string, body: object) =>
    ask<T>(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return {
    upload(name, file) {
      // A form says its own type, with the boundary between its parts.
      const headers = typeof file === "string" ? { "content-type": "text/csv" } : {};
      return ask(`/v1/datasets?name=${name}`, { method: "POST", headers, body: file });
    },
    post: (job) => send("/v1/jobs", job),
    ended: (id) => ask(`/v1/jobs/${id}?wait=60`),
    epochs: async (id) => (await ask<{ data: Epoch[] }>(`/v1/jobs/${id}/epochs?limit=500`)).data,
    async predict(id, rows) {
      const path = `/v1/jobs/${id}/predictions`;
      return (await send<Predictions>(path, { rows })).predictions;
    },
    async model(id) {
      const answer = await fetch(`${url}/v1/jobs/${id}/model`);
      expect(answer.ok).toBe(true);
      return Buffer.from(await answer.arrayBuffer());
    },
    uploadModel: (name, file) =>
      ask(`/v1/models?name=${name}`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: Buffer.from(file),
      }),
    outputs: async (id, rows) =>
      (await send<Outputs>(`/v1/models/${id}/predictions`, { rows })).outputs,
    close: stop,
  };
}
