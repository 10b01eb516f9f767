import { Comparison, ComparisonRequest, Curves, CurvesQuery } from "@descent/contracts";
import { selectCurves } from "@descent/db";
import { Type } from "typebox";
import type { App, Parts } from "../app.ts";
import { compareJobs } from "../compare/compare-jobs.ts";
import { curvesAsCsv } from "../compare/curves-as-csv.ts";
import { prefersCsv } from "../compare/prefers-csv.ts";
import { problems } from "../openapi/responses.ts";
import { faulty, problem } from "../problem/problem-error.ts";

const tags = ["comparisons"];
/** Curves of more jobs than this nobody can tell apart. */
const MAX_CURVES = 500;

export function comparisonRoutes(app: App, parts: Parts): void {
  app.post(
    "/v1/comparisons",
    {
      schema: {
        operationId: "compareJobs",
        summary: "Which was better?",
        description:
          "Groups the jobs, best mean first. `value` is over the runs that have a finite one (`no_value` names the others; `n` counts all); a run that missed the target counts as slower than every other. Left out, `group_by` is `optimizer.rule` and `select` is `best`: of each run its best epoch.",
        tags,
        body: ComparisonRequest,
        response: {
          200: Comparison,
          ...problems(
            "malformed_json",
            "body_too_large",
            "unsupported_media_type",
            "job_not_found",
          ),
        },
      },
    },
    async ({ body }) => compareJobs(parts.db, body),
  );

  app.get(
    "/v1/comparisons/curves",
    {
      schema: {
        operationId: "listCurves",
        summary: "One metric of several jobs, epoch by epoch",
        description: "`jobs` is a list of ids with commas. JSON, or CSV with `Accept: text/csv`.",
        tags,
        querystring: CurvesQuery,
        response: {
          200: {
            description: "The curves, in the order of `jobs`",
            content: {
              "application/json": { schema: Curves },
              "text/csv": { schema: Type.String() },
            },
          },
          ...problems("job_not_found"),
        },
      },
    },
    async ({ query: { jobs, metric }, headers }, reply) => {
      const ids = [...new Set(jobs.split(",").flatMap((id) => id.trim() || []))];
      if (ids.length === 0 || ids.length > MAX_CURVES) {
        const message = `must name 1 to ${MAX_CURVES} jobs, separated by commas`;
        throw faulty("invalid_request", [{ pointer: "/query/jobs", message }]);
      }
      const curves = await selectCurves(parts.db, ids, metric);
      const found = new Set(curves.curves.map(({ job }) => job));
      const errors = ids.flatMap((id) =>
        found.has(id) ? [] : [{ pointer: "/query/jobs", message: `there is no job ${id}` }],
      );
      if (errors.length > 0)
        throw problem("job_not_found", `${errors.length} of the jobs named do not exist`, {
          errors,
        });
      reply.header("vary", "accept");
      return prefersCsv(headers.accept)
        ? reply.type("text/csv; charset=utf-8").send(curvesAsCsv(curves))
        : reply.type("application/json; charset=utf-8").send(curves);
    },
  );
}
