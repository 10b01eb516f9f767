import type { Inspector } from "@descent/datasets";
import type { Database } from "@descent/db";
import type { ModelInspector } from "@descent/graph/model-inspector";
import type { Predictor } from "@descent/inference";
import type { RuleThreads } from "@descent/optimizers/trajectory";
import type { Queue } from "@descent/queue";
import type { Storage } from "@descent/storage";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from "fastify";
import { convertQuery } from "./convert-query.ts";
import { isLoopback, type Settings } from "./env.ts";
import { serveDocumentation } from "./openapi/serve-documentation.ts";
import { parseJson } from "./parse-json.ts";
import { answerNotFound } from "./problem/answer-not-found.ts";
import { answerProblems, sendProblem } from "./problem/answer-problems.ts";
import { problem } from "./problem/problem-error.ts";
import { refuseForeignHosts, requireKey } from "./require-key.ts";
import { comparisonRoutes } from "./routes/comparisons.ts";
import { datasetRoutes } from "./routes/datasets.ts";
import { epochRoutes } from "./routes/epochs.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { modelRoutes } from "./routes/models.ts";
import { optimizerRoutes } from "./routes/optimizers.ts";
import { trajectoryRoutes } from "./routes/trajectories.ts";
import { uploadedModelRoutes } from "./routes/uploaded-models.ts";
import type { JobEnds } from "./wait-for-job.ts";

/** What the routes work with. The caller opens and closes it. */
export interface Parts {
  db: Database;
  queue: Queue;
  storage: Storage;
  inspector: Inspector;
  modelInspector: ModelInspector;
  rules: RuleThreads;
  predictor: Predictor;
  jobEnds: JobEnds;
  /** Validations that go on after their upload was answered; closing waits for them. */
  validations: Set<Promise<void>>;
}

export interface AppSettings
  extends Pick<Settings, "host" | "apiKey" | "maxParameters" | "maxThreads" | "maxUploadBytes"> {
  /** An upload whose validation takes longer than this is answered 202. */
  answerUploadAfterMs: number;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A JSON body: a job of 100 layers and 1000 named features is a tenth of it. */
const BODY_LIMIT = 2 ** 20;
/** Time to receive a whole request: an upload of 1 GiB at 1.2 MB/s. */
const REQUEST_TIMEOUT_MS = 15 * 60_000;
/** A connection on which nothing happens. The longest silence of ours is `?wait=60`. */
const CONNECTION_TIMEOUT_MS = 120_000;
/** Time for an answer, where a route does not say otherwise; PostgreSQL gives up earlier. */
const HANDLER_TIMEOUT_MS = 40_000;

/** The whole HTTP API. It does not listen, and opens nothing: tests inject into the same app. */
export async function buildApp(
  parts: Parts,
  settings: AppSettings,
  log?: FastifyBaseLogger,
): Promise<App> {
  const app: App = fastify({
    ...(log ? { loggerInstance: log } : {}),
    logController: new LogController({ disableRequestLogging: true }), // logAnswers: one line, not two
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, problem("invalid_request", error.message));
    },
    ajv: {
      customOptions: {
        coerceTypes: false, // "1" is not 1: what the client sent is what is checked and echoed
        removeAdditional: false, // an unknown field is refused, not dropped
        allErrors: true,
        discriminator: true,
        allowUnionTypes: true, // a tensor is a number or an array
        verbose: true, // faults say what would be accepted
      },
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  logAnswers(app);
  closeWithAnswers(app, parts);
  answerProblems(app);
  answerNotFound(app);
  parseJson(app);
  convertQuery(app);
  if (settings.apiKey === null && isLoopback(settings.host)) refuseForeignHosts(app);
  await serveDocumentation(app);

  healthRoutes(app, parts);
  await app.register(async (v1: App) => {
    if (settings.apiKey !== null) requireKey(v1, settings.apiKey);
    await datasetRoutes(v1, parts, settings);
    await uploadedModelRoutes(v1, parts, settings);
    jobRoutes(v1, parts, settings);
    epochRoutes(v1, parts);
    modelRoutes(v1, parts);
    comparisonRoutes(v1, parts);
    optimizerRoutes(v1, parts);
    trajectoryRoutes(v1, parts);
  });
  return app;
}

/**
 * When the app closes, who waits for a job is answered at once; and every answer from then on ends its
 * connection, which would otherwise hold the server open until the client lets go of it.
 */
function closeWithAnswers(app: App, parts: Parts): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
    parts.jobEnds.close();
  });
  app.addHook("onSend", async (_request, reply) => {
    if (closing) reply.header("connection", "close");
  });
}

/** One line per request, without bodies and headers. */
function logAnswers(app: App): void {
  app.addHook("onResponse", async ({ method, url, log }, { statusCode, elapsedTime }) => {
    log.info({ method, url, status: statusCode, ms: Math.round(elapsedTime) }, "answered");
  });
}
