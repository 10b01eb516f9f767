import type { UploadedModel } from "@descent/contracts";
import { createUploadedModel } from "@descent/db";
import { InspectionQueueFull } from "@descent/graph/model-inspector";
import type { Parts } from "./app.ts";
import { faulty, problem } from "./problem/problem-error.ts";
import type { ReceivedFile } from "./receive-file.ts";

/**
 * Inspects a received file and records it as a model.
 *
 * @param file its path moves away when it is kept; the caller removes it otherwise
 * @throws ProblemError when it cannot be used (nothing is recorded then), or too many wait
 */
export async function keepModel(
  { db, storage, modelInspector }: Pick<Parts, "db" | "storage" | "modelInspector">,
  { name, path, sha256, bytes }: ReceivedFile & { name: string; path: string },
): Promise<UploadedModel> {
  const inspection = await modelInspector.inspect(path).catch((error: unknown) => {
    if (error instanceof InspectionQueueFull)
      throw problem("unavailable", `${error.message}; try again`, {
        headers: { "retry-after": "10" },
      });
    throw error;
  });
  if (!inspection.ok) throw faulty("invalid_model", inspection.faults);
  await storage.putFile(path);
  return createUploadedModel(db, { name, sha256, bytes, profile: inspection.profile });
}
