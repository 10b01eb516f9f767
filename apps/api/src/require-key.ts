import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { isLoopback } from "./env.ts";
import { problem } from "./problem/problem-error.ts";

/**
 * Asks for the key on every route of this scope. Both sides are hashed first: equal lengths for
 * timingSafeEqual, and nothing about the key in how long the comparison takes.
 */
export function requireKey(app: FastifyInstance, apiKey: string): void {
  const expected = sha256(apiKey);
  app.addHook("onRequest", async ({ headers }) => {
    const given = headers.authorization?.match(/^Bearer +(\S+) *$/i)?.[1];
    if (given !== undefined && timingSafeEqual(sha256(given), expected)) return;
    const detail =
      given === undefined
        ? "send the header Authorization: Bearer <api key>"
        : "the API key is not the right one";
    throw problem("unauthorized", detail, { headers: { "www-authenticate": "Bearer" } });
  });
}

/**
 * Without a key, only a Host header that means this machine is answered: a web page elsewhere can point a
 * name of its own at 127.0.0.1 (DNS rebinding) and would otherwise speak to this server in the user's browser.
 */
export function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => {
    if (request.host === "" || isLoopback(request.hostname)) return;
    throw problem(
      "misdirected_request",
      `this server has no API_KEY and answers only for localhost, not for ${request.host}`,
    );
  });
}

const sha256 = (text: string) => createHash("sha256").update(text).digest();
