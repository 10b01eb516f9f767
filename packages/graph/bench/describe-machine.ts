import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { ONNXRUNTIME_VERSION } from "../src/index.ts";
import type { Peer } from "./find-peers.ts";

/** What the measurements depend on, in two lines. */
export function describeMachine(peers: readonly Peer[]): string {
  const hardware = [
    cpus()[0]?.model ?? "unknown processor",
    `${availableParallelism()} cores`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `${platform()} ${release()} ${arch()}`,
  ];
  const versions = [
    `Node ${process.versions.node}`,
    `onnxruntime ${ONNXRUNTIME_VERSION}`,
    ...peers.map(({ name, version }) => `${name} ${version}`),
  ];
  return `${hardware.join(", ")}\n${versions.join(", ")}\n`;
}
