import { createHash } from "node:crypto";
import type { Fault } from "@descent/contracts";
import type { FastifyRequest } from "fastify";
import { faulty, ProblemError, problem } from "../problem/problem-error.ts";
import { type ReceivedFile, receiveFile } from "../receive-file.ts";

const PARTS = ["images", "labels"] as const;
type PartName = (typeof PARTS)[number];
const isPart = (name: string): name is PartName => (PARTS as readonly string[]).includes(name);

/**
 * Receives the two parts of an image upload, in either order, to the paths given.
 *
 * @returns their common length, and the SHA-256 over the two files' SHA-256 (images first), so that the
 *   same images with other labels are another data set
 */
export async function receiveImages(
  request: FastifyRequest,
  paths: Record<PartName, string>,
  maxBytes: number,
): Promise<ReceivedFile> {
  const received: Partial<Record<PartName, ReceivedFile>> = {};
  const faults: Fault[] = [];
  let bytes = 0;
  try {
    // The limit over both parts is ours; the parser's own would cut a file off.
    const limits = { fileSize: Number.MAX_SAFE_INTEGER, parts: 10, fieldSize: 1024 };
    for await (const part of request.parts({ limits })) {
      const name = part.fieldname;
      if (part.type === "file" && isPart(name) && !received[name]) {
        received[name] = await receiveFile(part.file, paths[name], maxBytes - bytes);
        bytes += received[name].bytes;
        continue;
      }
      if (part.type === "file") part.file.resume();
      const message = isPart(name) ? "must be one file" : "is not a part here";
      faults.push({ pointer: `/${name}`, message, allowed: [...PARTS] });
    }
  } catch (error) {
    request.raw.unpipe();
    throw asRefusal(error, maxBytes);
  }
  for (const name of PARTS)
    if (!received[name])
      faults.push({
        pointer: `/${name}`,
        message: `is required: the file of the ${name} in IDX format`,
      });
  const { images, labels } = received;
  if (faults.length > 0 || !images || !labels) throw faulty("invalid_request", faults);
  const sha256 = createHash("sha256").update(`${images.sha256}${labels.sha256}`).digest("hex");
  return { sha256, bytes };
}

/** What the multipart parser throws has no code of the system's: it is about the client's bytes. */
function asRefusal(error: unknown, maxBytes: number): unknown {
  if (error instanceof ProblemError) {
    const { status } = error.problem;
    return status === 413
      ? problem("body_too_large", `an upload may have at most ${maxBytes} bytes`)
      : error;
  }
  if (!(error instanceof Error) || ("code" in error && !String(error.code).startsWith("FST_")))
    return error;
  return problem("invalid_request", `the multipart body cannot be read: ${error.message}`);
}
