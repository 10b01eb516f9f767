import { type InspectRequest, type InspectResult, inspectFile } from "./inspect-file.ts";

/** The one task of the inspector's threads (create-inspector.ts). */
export default function inspectInThread(task: {
  request: InspectRequest;
  tablePath: string;
}): Promise<InspectResult> {
  return inspectFile(task.request, task.tablePath);
}
