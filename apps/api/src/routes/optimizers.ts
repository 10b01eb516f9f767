import {
  CreateOptimizer,
  CUSTOM,
  type Fault,
  MAX_PAGE,
  Optimizer,
  page,
  pageQuery,
  text,
} from "@descent/contracts";
import { createOptimizer, deleteOptimizer } from "@descent/db";
import { conventionsOf } from "@descent/optimizers/catalogue";
import { Type } from "typebox";
import type { App, Parts } from "../app.ts";
import { findOwnRule } from "../find-own-rule.ts";
import { IdempotencyHeaders, idempotencyOf } from "../idempotency.ts";
import { problems } from "../openapi/responses.ts";
import { asOptimizer, pageOptimizers } from "../page-optimizers.ts";
import { faulty, problem } from "../problem/problem-error.ts";
import { chooseRule } from "../resolve-job/choose-rule.ts";
import { withRuleThreads } from "../with-rule-threads.ts";

const tags = ["optimizers"];
const convention = Type.Optional(text(64, { minLength: 1 }));
const Rule = Type.Object({ rule: text(64, { description: "Its name." }) });

export function optimizerRoutes(app: App, parts: Parts): void {
  app.get(
    "/v1/optimizers",
    {
      schema: {
        operationId: "listOptimizers",
        summary: "Every rule in every convention, with its hypers, defaults and ranges",
        description: "The built-in ones first, then your own (convention `custom`) by name.",
        tags,
        querystring: Type.Object(
          {
            ...pageQuery,
            limit: Type.Optional(
              Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: MAX_PAGE }),
            ),
            rule: Type.Optional(text(64, { minLength: 1 })),
            convention,
          },
          { additionalProperties: false },
        ),
        response: { 200: page(Optimizer), ...problems("invalid_cursor") },
      },
    },
    async ({ query: { limit = MAX_PAGE, ...query } }) =>
      pageOptimizers(parts.db, { limit, ...query }),
  );

  app.post(
    "/v1/optimizers",
    {
      schema: {
        operationId: "createOptimizer",
        summary: "Add a rule of your own",
        description:
          'The text is read, checked and tried; jobs and trajectories then use it as `{"rule": "<name>", "convention": "custom"}`. It never changes under its name: the same text again answers 200, another one 409. With `validate_only=true` it is only tried, and nothing is created.',
        tags,
        querystring: Type.Object(
          { validate_only: Type.Optional(Type.Boolean()) },
          { additionalProperties: false },
        ),
        headers: IdempotencyHeaders,
        body: CreateOptimizer,
        response: {
          200: Optimizer,
          201: Optimizer,
          ...problems(
            "malformed_json",
            "body_too_large",
            "unsupported_media_type",
            "optimizer_exists",
            "invalid_optimizer",
            "idempotency_key_reused",
            "timeout",
          ),
        },
      },
    },
    async (request, reply) => {
      const { name, text } = request.body;
      if (conventionsOf(name).length > 0)
        throw problem("optimizer_exists", `${name} is built in; choose another name`);
      const tried = await withRuleThreads(reply, (signal) =>
        parts.rules.tryRule({ name, convention: CUSTOM, text }, signal),
      );
      if (tried === null) return reply.hijack();
      if (tried.fault !== null)
        throw faulty("invalid_optimizer", [{ pointer: "/text", message: tried.fault }]);
      const { title, hypers } = tried.description;
      if (request.query.validate_only) return reply.send(asOptimizer(tried.description));
      const creation = await createOptimizer(parts.db, {
        name,
        text,
        title,
        hypers,
        ...idempotencyOf(request),
      });
      if (!("optimizer" in creation)) {
        if (creation.result === "key_reused")
          throw problem("idempotency_key_reused", "use a fresh key for another rule");
        throw problem(
          "optimizer_exists",
          `${name} is there with another text; choose another name, or DELETE it while no job uses it`,
        );
      }
      return reply
        .code(creation.result === "exists" ? 200 : 201)
        .header("location", `/v1/optimizers/${name}`)
        .send(creation.optimizer);
    },
  );

  app.get(
    "/v1/optimizers/:rule",
    {
      schema: {
        operationId: "getOptimizer",
        summary: "One rule, with its text and how far it is verified",
        description:
          "Left out, `convention` is `paper` where the rule has it, else its first; of a rule of your own, `custom`.",
        tags,
        params: Rule,
        querystring: Type.Object({ convention }, { additionalProperties: false }),
        response: { 200: Optimizer, ...problems("optimizer_not_found") },
      },
    },
    async ({ params, query }) => {
      const named = { ...params, ...query };
      const own = await findOwnRule(parts.db, named);
      const faults: Fault[] = [];
      const found = chooseRule(named, own, faults);
      if (found) return found === own ? own : asOptimizer(found);
      const errors = faults.map((fault) => ({ ...fault, pointer: placeOf(fault) }));
      throw problem("optimizer_not_found", errors[0]?.message ?? "", { errors });
    },
  );

  app.delete(
    "/v1/optimizers/:rule",
    {
      schema: {
        operationId: "deleteOptimizer",
        summary: "Delete a rule of your own that no job has used",
        tags,
        params: Rule,
        response: {
          204: Type.Null({ description: "Deleted" }),
          ...problems("optimizer_not_found", "optimizer_in_use", "method_not_allowed"),
        },
      },
    },
    async ({ params: { rule } }, reply) => {
      const deletion = await deleteOptimizer(parts.db, rule);
      if (deletion === "deleted") return reply.code(204).send(null);
      if (deletion === "in_use")
        throw problem(
          "optimizer_in_use",
          `jobs have used ${rule}; it stays, so that they can be understood`,
        );
      if (conventionsOf(rule).length > 0)
        throw problem(
          "method_not_allowed",
          `${rule} is built in; only a rule of your own can be deleted`,
          {
            headers: { allow: "GET" },
          },
        );
      throw problem("optimizer_not_found", `there is no rule ${rule} of your own`);
    },
  );
}

/** Where the address names what a job's optimizer would name in its body. */
const placeOf = ({ pointer }: Fault) =>
  pointer === "/optimizer/convention" ? "/query/convention" : "/path/rule";
