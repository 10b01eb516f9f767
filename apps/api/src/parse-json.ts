import type { FastifyInstance } from "fastify";
import { unsupportedMediaType } from "./problem/answer-problems.ts";
import { problem } from "./problem/problem-error.ts";

/**
 * An escape of a surrogate, as JSON.stringify writes only those without their other half: text that is no
 * Unicode, which PostgreSQL cannot store.
 */
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\ud[89a-f]/i;

/** JSON is the only body taken unless a route says otherwise; what is wrong with it is said with its place. */
export function parseJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  // Refuses __proto__ and constructor keys, which would reach into the objects built from them.
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>(
    "application/json",
    { parseAs: "string" },
    (request, body, done) => {
      const encoding = request.headers["content-encoding"];
      if (encoding !== undefined && encoding !== "identity") return done(encoded(encoding));
      if (request.headers["content-type"]?.match(/charset="?(?!utf-?8)/i))
        return done(unsupportedMediaType(request));
      // A body that must not be left out is missed by the route's schema, which also says what it needs.
      if (body === "") return done(null, undefined);
      parse(request, body.replace(/^\uFEFF/, ""), (error, value) => {
        if (error) done(malformed(body));
        else if (HALF_PAIR.test(body) && HALF_PAIR.test(JSON.stringify(value))) done(halfPair());
        else done(null, value);
      });
    },
  );
}

function encoded(encoding: string) {
  const message = `${encoding} is not accepted here; send JSON as it is`;
  return problem("unsupported_media_type", message, {
    errors: [{ pointer: "/headers/content-encoding", message, allowed: ["identity"] }],
  });
}

function malformed(body: string) {
  try {
    JSON.parse(body);
  } catch (error) {
    const message = (error as SyntaxError).message;
    return problem("malformed_json", message, { errors: [{ pointer: "", message }] });
  }
  const message = "the keys __proto__ and constructor.prototype are not accepted";
  return problem("malformed_json", message, { errors: [{ pointer: "", message }] });
}

function halfPair() {
  const message = "an escape \\uD800 to \\uDFFF lacks the other half of its pair";
  return problem("malformed_json", message, { errors: [{ pointer: "", message }] });
}
