import type { FastifyInstance } from "fastify";

type Properties = Record<string, { type?: string }>;

/**
 * Query strings are text. Where a route's schema wants a number or a boolean, the plain spelling of one
 * becomes it before validation; every other spelling stays text and is refused by the schema. (ajv's own
 * coercion would also change bodies, and reads "" as 0.)
 */
export function convertQuery(app: FastifyInstance): void {
  app.addHook("preValidation", async (request) => {
    const schema = request.routeOptions.schema?.querystring as
      | { properties?: Properties }
      | undefined;
    const query = request.query as Record<string, unknown>;
    for (const [name, { type }] of Object.entries(schema?.properties ?? {})) {
      const value = query[name];
      if (typeof value !== "string") continue;
      if (type === "integer" || type === "number") {
        if (/^-?\d+(\.\d+)?$/.test(value)) query[name] = Number(value);
      } else if (type === "boolean" && (value === "true" || value === "false"))
        query[name] = value === "true";
    }
  });
}
