import { OPSETS } from "@descent/contracts";
import { IR_VERSIONS, LIMITS } from "./limits.ts";
import type { OnnxFile } from "./onnx-file.ts";
import { inside, type Piece } from "./piece.ts";
import { readGraph } from "./read-graph.ts";
import { readMessage } from "./read-message.ts";
import { plainDomain } from "./read-node.ts";
import { forEachSound, refuse } from "./refuse.ts";

/**
 * Reads an ONNX file and checks its structure; whether its operators can be trained is not looked at. Takes
 * time and memory in proportion to the file, whatever the file claims: tensors that lie well are views of
 * `bytes` (which must therefore stay as they are), others are copied once.
 *
 * @throws ModelRefused with the places in the file that are at fault
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  checkKind(bytes);
  const piece: Piece = {
    // Of a Buffer, slice would give a view where a copy is meant.
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    pointer: "",
    budget: { entries: LIMITS.entries },
  };
  const model = readMessage("ModelProto", piece, {
    ...{ ir_version: 1, producer_name: 1, producer_version: 1, graph: 1 },
    ...{ opset_import: LIMITS.operatorSets, functions: LIMITS.nodes, training_info: LIMITS.nodes },
  });
  const { ir_version: version, graph, producer_name = "", producer_version = "" } = model;
  if (graph === undefined) refuse("/graph", "the file has no graph: is it an ONNX file?");
  if (version === undefined || version < IR_VERSIONS.first || version > IR_VERSIONS.last)
    refuse(
      "/ir_version",
      `the file's format is version ${version ?? "none"}; ${IR_VERSIONS.first} to ${IR_VERSIONS.last} are read`,
    );
  const opset = readOpset(piece, model.opset_import);
  if (model.functions.length > 0)
    refuse("/functions", "the file defines functions: export with all of them inlined");
  if (model.training_info.length > 0)
    refuse("/training_info", "the file says how to train: export the model for inference");
  return {
    opset,
    producer: `${producer_name} ${producer_version}`.trim(),
    ...readGraph(inside(piece, "/graph", graph)),
  };
}

/** What people take for ONNX files, by how they begin. */
const OTHER_FILES = [
  { begins: "PK\u0003\u0004", is: "a zip archive, as PyTorch and Keras save models" },
  { begins: "\u0089HDF", is: "an HDF5 file, as Keras saves models" },
  { begins: "\u0080", is: "a pickle, as Python saves objects" },
  { begins: "\u001f\u008b", is: "a gzip archive" },
];

function checkKind(bytes: Uint8Array): void {
  if (bytes.length === 0) refuse("", "the file is empty");
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  const other = OTHER_FILES.find(({ begins }) => start.startsWith(begins));
  if (other !== undefined) refuse("", `this is ${other.is}; export the model to ONNX`);
}

/** The set of ONNX's own operators. skl2onnx names it several times over. */
function readOpset(piece: Piece, imports: readonly Uint8Array[]): number {
  const versions = new Set<number>();
  forEachSound(imports, (bytes, i) => {
    const place = inside(piece, `/opset_import/${i}`, bytes);
    const { domain = "", version = 0 } = readMessage("OperatorSetIdProto", place, {
      ...{ domain: 1, version: 1 },
    });
    if (plainDomain(domain) === "") versions.add(version);
  });
  const [opset, ...others] = versions;
  if (opset === undefined || others.length > 0)
    refuse("/opset_import", "the file must name one version of ONNX's operators", ALLOWED_OPSETS);
  if (opset < OPSETS.first || opset > OPSETS.last)
    refuse(
      "/opset_import",
      `the file is written with operator set ${opset}: export it with one from ${OPSETS.first} to ${OPSETS.last} (opset_version of PyTorch and Keras, target_opset of skl2onnx)`,
      ALLOWED_OPSETS,
    );
  return opset;
}

const ALLOWED_OPSETS = Array.from(
  { length: OPSETS.last - OPSETS.first + 1 },
  (_, i) => OPSETS.first + i,
);
