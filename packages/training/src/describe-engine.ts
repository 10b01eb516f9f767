import { createRequire } from "node:module";
import { arch, cpus, platform } from "node:os";
import type { Engine } from "@descent/contracts";
import { ONNXRUNTIME_VERSION } from "@descent/graph";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/** What computed the numbers: equal engines give equal bits. */
export function describeEngine(): Engine {
  return {
    descent: version,
    onnxruntime: ONNXRUNTIME_VERSION,
    node: process.version,
    platform: `${platform()}-${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
  };
}
