import { Optimizer, page, text } from "@descent/contracts";
import { findRule, listRules, type RuleDescription } from "@descent/optimizers/catalogue";
import { type Static, Type } from "typebox";
import type { App } from "../app.ts";
import { problems } from "../openapi/responses.ts";
import { problem } from "../problem/problem-error.ts";
import { unknownRule } from "../resolve-job/resolve-optimizer.ts";

const OptimizerText = Type.Object(
  { ...Optimizer.properties, text: Type.String({ description: "The rule itself." }) },
  { $id: "OptimizerText", additionalProperties: false },
);
const tags = ["optimizers"];

export function optimizerRoutes(app: App): void {
  app.get(
    "/v1/optimizers",
    {
      schema: {
        operationId: "listOptimizers",
        summary: "Every rule in every convention, with its hypers, defaults and ranges",
        tags,
        response: { 200: page(Optimizer), ...problems() },
      },
    },
    async () => ({ data: listRules().map(shown), next_cursor: null }),
  );

  app.get(
    "/v1/optimizers/:rule",
    {
      schema: {
        operationId: "getOptimizer",
        summary: "One rule, with its text",
        tags,
        params: Type.Object({ rule: text(64) }),
        querystring: Type.Object(
          { convention: Type.Optional(text(64, { minLength: 1 })) },
          { additionalProperties: false },
        ),
        response: { 200: OptimizerText, ...problems("optimizer_not_found") },
      },
    },
    async ({
      params: { rule },
      query: { convention = "paper" },
    }): Promise<Static<typeof OptimizerText>> => {
      const found = findRule(rule, convention);
      if (found) return { ...shown(found), text: found.text };
      const fault = unknownRule(rule, convention, "");
      const pointer = fault.pointer === "/rule" ? "/path/rule" : "/query/convention";
      throw problem("optimizer_not_found", fault.message, { errors: [{ ...fault, pointer }] });
    },
  );
}

function shown({ rule, convention, title, hypers }: RuleDescription): Optimizer {
  return { rule, convention, title, hypers };
}
