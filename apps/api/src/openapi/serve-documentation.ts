import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { App } from "../app.ts";
import { addExamples } from "./add-examples.ts";
import { keepNames, liftSchemas } from "./lift-schemas.ts";

const DESCRIPTION = `Train models over HTTP and compare optimizers honestly: post a data set and jobs, a
worker trains them, every epoch is recorded, and a comparison says which optimizer won.

Errors are RFC 9457 \`application/problem+json\` with all faults of a request at once. A fault's \`pointer\`
is a JSON pointer into the body; one that begins with \`/query\`, \`/path\` or \`/headers\` is about those.`;

/** OpenAPI 3.1 from the routes' own schemas at /openapi.json, and a page to try them at /docs. */
export async function serveDocumentation(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Descent", version: "1", description: DESCRIPTION, license: { name: "MIT" } },
      tags: [
        { name: "data sets", description: "Upload a table or images." },
        { name: "jobs", description: "Train a model; see how it goes." },
        { name: "comparisons", description: "Ask which was better." },
        { name: "optimizers", description: "What there is to choose from." },
        { name: "service", description: "Is it alive, is it ready." },
      ],
      components: {
        securitySchemes: {
          apiKey: {
            type: "http",
            scheme: "bearer",
            description: "The API key; needed where the server was started with one.",
          },
        },
      },
      security: [{ apiKey: [] }, {}],
    },
    convertConstToEnum: false,
    transform: ({ schema, url }) => ({ schema: keepNames(schema), url }),
    transformObject: (document) => {
      if (!("openapiObject" in document))
        throw new Error("the document is not an OpenAPI document");
      return addExamples(liftSchemas(document.openapiObject));
    },
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
