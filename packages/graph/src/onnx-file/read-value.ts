import { typeName } from "./element-types.ts";
import { LIMITS } from "./limits.ts";
import type { OnnxValue } from "./onnx-file.ts";
import { inside, type Piece } from "./piece.ts";
import { readMessage } from "./read-message.ts";
import { refuse } from "./refuse.ts";

/** What a value can be other than a tensor: `sequence` for a list, `map` for a dictionary. */
const OTHER_TYPES = ["sequence", "map", "optional", "sparse_tensor", "opaque"] as const;

/**
 * A ValueInfoProto: an input or output of the graph.
 *
 * @returns the value; its `type` is that of a tensor's elements, or what it is instead of a tensor, or
 * `undefined` where the file does not say
 * @throws ModelRefused where it has no name or an axis cannot be one
 */
export function readValue(piece: Piece): OnnxValue {
  const { pointer } = piece;
  const { name = "", type } = readMessage("ValueInfoProto", piece, { name: 1, type: 1 });
  if (name === "") refuse(`${pointer}/name`, "a value of the graph has no name");
  return { name, pointer, ...readType(inside(piece, "/type", type ?? new Uint8Array())) };
}

function readType(piece: Piece): Pick<OnnxValue, "type" | "shape"> {
  const proto = readMessage("TypeProto", piece, {
    ...{ tensor_type: 1, sequence_type: 1, map_type: 1, optional_type: 1 },
    ...{ sparse_tensor_type: 1, opaque_type: 1 },
  });
  const other = OTHER_TYPES.find((kind) => proto[`${kind}_type`] !== undefined);
  if (other !== undefined) return { type: other, shape: null };
  const tensor = readMessage(
    "TensorTypeProto",
    inside(piece, "/tensor_type", proto.tensor_type ?? new Uint8Array()),
    { elem_type: 1, shape: 1 },
  );
  const shape = tensor.shape && readShape(inside(piece, "/tensor_type/shape", tensor.shape));
  return { type: typeName(tensor.elem_type ?? 0), shape: shape ?? null };
}

function readShape(piece: Piece): (number | string | null)[] {
  const { dim } = readMessage("TensorShapeProto", piece, { dim: LIMITS.axes });
  return dim.map((bytes, i) => {
    const axis = inside(piece, `/dim/${i}`, bytes);
    const { dim_value, dim_param } = readMessage("DimensionProto", axis, {
      ...{ dim_value: 1, dim_param: 1 },
    });
    if (dim_value !== undefined && dim_value < 0)
      refuse(
        axis.pointer,
        `the axis has the length ${dim_value}; one that a run decides has a name`,
      );
    if (dim_value !== undefined && dim_param !== undefined)
      refuse(axis.pointer, "the axis has a length and a name");
    return dim_value ?? (dim_param || null);
  });
}
