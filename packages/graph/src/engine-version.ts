import { env } from "onnxruntime-node";

/** The version of onnxruntime that runs the graphs: part of what decides a result's bits. */
export const ONNXRUNTIME_VERSION: string = env.versions.node ?? env.versions.common;
