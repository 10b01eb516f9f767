interface Operation {
  operationId?: string;
  summary?: string;
  requestBody?: unknown;
  responses?: Record<string, { description?: string }>;
}

const JOB = {
  name: "adam on iris",
  dataset: { id: "ds_01k3k1w2v0e8x9f6q7r5t4s3a2", target: "species", validation_fraction: 0.2 },
  model: { layers: [{ type: "dense", units: 16, activation: "relu" }, { type: "dense" }] },
  optimizer: { rule: "adam", convention: "torch", lr: 0.01 },
  epochs: 20,
  batch_size: 16,
  seed: 1,
  stop: { target: { metric: "val_accuracy", value: 0.97 }, patience: 5 },
  tags: { experiment: "first" },
};
const COMPARISON = {
  filter: { tags: { experiment: "first" } },
  metric: "val_accuracy",
  target: 0.95,
  group_by: ["optimizer.rule", "optimizer.lr"],
};
const OPTIMIZER = {
  name: "heavy_ball",
  text: "# Heavy ball: Polyak 1964\nhyper lr = 0.01 in (0, inf), momentum = 0.9 in [0, 1)\nstate v\n\nv = momentum * v + g\nw -= lr * v\n",
};
const TRAJECTORY = {
  optimizer: { rule: "adam", convention: "torch", precision: "float64", lr: 0.01 },
  start: [-1.2, 1],
  function: "rosenbrock",
  steps: 200,
};
const ROWS = { rows: [{ sepal_length: 5.1, petal_width: 0.2 }] };
const CSV = "sepal_length,petal_width,species\n5.1,0.2,setosa\n6.3,2.5,virginica\n";
const BYTES = { type: "string", contentMediaType: "application/octet-stream" };

/** Request bodies by operation: an example of each, and the uploads, which no schema validates. */
const BODIES: Record<string, object> = {
  createJob: { example: JOB },
  compareJobs: { example: COMPARISON },
  createOptimizer: { example: OPTIMIZER },
  runTrajectory: { example: TRAJECTORY },
  predict: { example: ROWS },
  runUploadedModel: { example: { rows: [[5.1, 3.5, 1.4, 0.2]] } },
};
const UPLOAD = {
  required: true,
  description: "The file itself: CSV (gzip with Content-Encoding: gzip), or a pair of IDX files.",
  content: {
    "text/csv": { schema: { type: "string" }, example: CSV },
    "multipart/form-data": {
      schema: {
        type: "object",
        required: ["images", "labels"],
        properties: { images: BYTES, labels: BYTES },
        additionalProperties: false,
      },
    },
  },
};

const MODEL_UPLOAD = {
  required: true,
  description: "The ONNX file itself.",
  content: { "application/octet-stream": { schema: BYTES } },
};

/** What @fastify/swagger says where a route says nothing. */
const NOTHING_SAID = "Default Response";

/** Puts examples into the document's request bodies, and the uploads' bodies, which stream past validation. */
export function addExamples<T extends { paths?: object | undefined }>(document: T): T {
  const paths = Object.entries(document.paths ?? {}).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries<Operation>(operations).map(([method, operation]) => [
        method,
        describeResponses(withExample(operation)),
      ]),
    ),
  ]);
  return { ...document, paths: Object.fromEntries(paths) };
}

function withExample(operation: Operation): Operation {
  const { operationId = "", requestBody } = operation;
  if (operationId === "createUploadedModel") return { ...operation, requestBody: MODEL_UPLOAD };
  if (operationId === "createDataset") return { ...operation, requestBody: UPLOAD };
  const example = BODIES[operationId];
  if (!example) return operation;
  const { content } = requestBody as { content: Record<string, object> };
  const json = { ...content["application/json"], ...example };
  return {
    ...operation,
    requestBody: { ...(requestBody as object), content: { "application/json": json } },
  };
}

/** A successful answer is what the operation's summary promises. */
function describeResponses(operation: Operation): Operation {
  const { summary = "OK", responses = {} } = operation;
  const described = Object.entries(responses).map(([status, response]) => [
    status,
    response.description === NOTHING_SAID ? { ...response, description: summary } : response,
  ]);
  return { ...operation, responses: Object.fromEntries(described) };
}
