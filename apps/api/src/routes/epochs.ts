import { DEFAULT_PAGE, Epoch, page, pageQuery, text } from "@descent/contracts";
import { getJob, listEpochs } from "@descent/db";
import { Type } from "typebox";
import type { App, Parts } from "../app.ts";
import { problems } from "../openapi/responses.ts";
import { jobNotFound } from "./jobs.ts";

export function epochRoutes(app: App, parts: Parts): void {
  app.get(
    "/v1/jobs/:id/epochs",
    {
      schema: {
        operationId: "listEpochs",
        summary: "What every epoch of a job recorded, from the first",
        description: "A value that is not finite is null, with its kind in `non_finite`.",
        tags: ["jobs"],
        params: Type.Object({ id: text(100) }),
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: page(Epoch), ...problems("job_not_found", "invalid_cursor") },
      },
    },
    async ({ params: { id }, query: { limit = DEFAULT_PAGE, cursor } }) => {
      const epochs = await listEpochs(parts.db, id, { limit, cursor });
      // A page without epochs is right for a job that has none yet, wrong for no job.
      if (epochs.data.length === 0 && !(await getJob(parts.db, id))) throw jobNotFound(id);
      return epochs;
    },
  );
}
