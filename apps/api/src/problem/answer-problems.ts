import { PROBLEMS } from "@descent/contracts";
import { InvalidCursor } from "@descent/db";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isUnavailable } from "./is-unavailable.ts";
import { faulty, ProblemError, problem } from "./problem-error.ts";
import { readFaults } from "./read-faults.ts";

const MEBIBYTE = 2 ** 20;

/** Makes every error answer of the app a problem+json; what is not meant for the client is logged, never sent. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refused = asProblem(error, request);
    if (error instanceof ProblemError && error.problem.code === "unavailable")
      request.log.warn(error.problem.detail); // too busy: nothing is broken
    else if (refused.problem.status >= 500) request.log.error({ err: error }, "request failed");
    return sendProblem(reply, refused);
  });
}

/** Sends a problem past the route's response schemas, which are about what it answers when all is well. */
export function sendProblem(reply: FastifyReply, { problem: body, headers }: ProblemError) {
  // After an upload that is too large, fastify asks to close the connection, which resets it before the
  // client has read the answer. Left open, node reads the rest away (requestTimeout bounds how long).
  if (body.status === PROBLEMS.body_too_large.status) reply.removeHeader("connection");
  return reply
    .code(body.status)
    .headers(headers)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(body));
}

function asProblem(error: FastifyError, request: FastifyRequest): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof InvalidCursor) {
    const message = "must be a next_cursor of the same list";
    return problem("invalid_cursor", error.message, {
      errors: [{ pointer: "/query/cursor", message }],
    });
  }
  if (error.validation)
    return faulty("invalid_request", readFaults(error.validation, error.validationContext));
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return problem("body_too_large", `the body may have at most ${shownBytes(request)}`);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return unsupportedMediaType(request);
    case "FST_ERR_HANDLER_TIMEOUT":
      return problem("timeout", "the answer took too long; try again");
  }
  // The framework's own refusals (a bad URL, a broken multipart body) are about the request.
  const { statusCode = 500, code = "" } = error;
  if (statusCode === 413) return problem("body_too_large", error.message);
  if (statusCode >= 400 && statusCode < 500 && code.startsWith("FST_"))
    return problem("invalid_request", error.message);
  if (isUnavailable(error))
    return problem("unavailable", "the database does not answer; try again", {
      headers: { "retry-after": "5" },
    });
  return problem("internal", `report the request id ${request.id} to whoever runs this server`);
}

/** 415, with what the route accepts instead. */
export function unsupportedMediaType(request: FastifyRequest): ProblemError {
  const allowed = request.routeOptions.config.accepts ?? ["application/json"];
  const given = request.headers["content-type"];
  return problem("unsupported_media_type", `send ${allowed.join(" or ")}`, {
    errors: [
      {
        pointer: "/headers/content-type",
        message: given === undefined ? "is required" : "is not accepted here",
        allowed,
      },
    ],
    headers: { "accept-post": allowed.join(", ") },
  });
}

function shownBytes({ routeOptions: { bodyLimit } }: FastifyRequest): string {
  return bodyLimit % MEBIBYTE === 0 ? `${bodyLimit / MEBIBYTE} MiB` : `${bodyLimit} bytes`;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The content types that the route takes, where not application/json. */
    accepts?: string[];
  }
}
