import type { FastifyInstance } from "fastify";
import { problem } from "./problem-error.ts";

/** Answers 404 where there is nothing, and 405 with the methods that there are where there is something. */
export function answerNotFound(app: FastifyInstance): void {
  const known: { method: string; path: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    const path = new RegExp(
      `^${url
        .replace(/[.+?^$()[\]{}|\\]/g, "\\$&")
        .replace(/:[^/]+/g, "[^/]+")
        .replace("*", ".*")}$`,
    );
    for (const each of [method].flat()) known.push({ method: each, path });
  });
  app.setNotFoundHandler((request) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const methods = new Set(
      known.filter((route) => route.path.test(path)).map(({ method }) => method),
    );
    if (methods.size === 0)
      throw problem("not_found", `there is nothing at ${path}; /docs lists what there is`);
    const allow = [...methods].sort();
    throw problem(
      "method_not_allowed",
      `${path} answers ${allow.join(", ")}, not ${request.method}`,
      {
        headers: { allow: allow.join(", ") },
      },
    );
  });
}
