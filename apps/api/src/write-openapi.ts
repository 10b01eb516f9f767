import { readFile, writeFile } from "node:fs/promises";
import { buildApp, type Parts } from "./app.ts";
import { renderOpenapi } from "./openapi/render-openapi.ts";

/** Writes docs/openapi.json; with --check, only says whether it is what the schemas give. */
const FILE = new URL("../../../docs/openapi.json", import.meta.url);

// The document is about the routes, which nobody calls here.
const unopened = new Proxy<Parts>(Object.create(null), {
  get: (_parts, name) => {
    throw new Error(`${String(name)} is not open while the document is written`);
  },
});
const app = await buildApp(unopened, {
  host: "127.0.0.1",
  apiKey: null,
  maxParameters: 1,
  maxThreads: 1,
  maxUploadBytes: 1,
  answerUploadAfterMs: 1,
});
await app.ready();
const document = renderOpenapi(app);

if (process.argv.includes("--check")) {
  const committed = await readFile(FILE, "utf8").catch(() => "");
  if (committed !== document) {
    process.stderr.write(
      "docs/openapi.json is stale: run `npm run openapi` and commit the result.\n",
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, document);
}
