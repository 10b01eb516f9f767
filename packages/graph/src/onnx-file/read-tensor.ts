import { checkNumbers } from "./check-numbers.ts";
import { ELEMENTS, elementType } from "./element-types.ts";
import { LIMITS } from "./limits.ts";
import type { OnnxTensor } from "./onnx-file.ts";
import type { Piece } from "./piece.ts";
import { readMessage } from "./read-message.ts";
import { exact } from "./read-numbers.ts";
import { refuse } from "./refuse.ts";

const ANY = Number.POSITIVE_INFINITY;

/**
 * A TensorProto. Raw data is a view of the file's bytes where it lies on a whole number of elements, so the
 * file must not be written to while the tensor is in use.
 *
 * @throws ModelRefused where the numbers are not in the file, not as many as the shape says, or not finite
 */
export function readTensor(piece: Piece): OnnxTensor {
  const { pointer } = piece;
  const proto = readMessage("TensorProto", piece, {
    ...{ dims: LIMITS.axes, data_type: 1, segment: 1, raw_data: 1 },
    ...{ float_data: ANY, double_data: ANY, int32_data: ANY, int64_data: ANY },
    ...{ data_location: 1, external_data: LIMITS.attributes },
  });
  const type = elementType(proto.data_type ?? 0, pointer);
  if (proto.data_location === 1 || proto.external_data.length > 0)
    refuse(
      `${pointer}/external_data`,
      "its numbers are in another file: export with external_data=False, so that one file has all",
    );
  if (proto.segment !== undefined) refuse(`${pointer}/segment`, "a tensor in parts is not read");
  const shape = readShape(proto.dims, `${pointer}/dims`);
  const elements = shape.reduce((product, length) => product * length, 1);
  const { field } = ELEMENTS[type];
  const typed = proto[field];
  const raw = proto.raw_data ?? new Uint8Array();
  if (raw.length > 0 && typed.length > 0)
    refuse(`${pointer}/raw_data`, `the numbers are there twice, here and in ${field}`);
  const there = typed.length + raw.length / ELEMENTS[type].array.BYTES_PER_ELEMENT;
  if (there !== elements)
    refuse(
      pointer,
      `a tensor of shape [${shape.join(", ")}] has ${elements} numbers, but ${there} are in the file`,
    );
  const data = typed.length > 0 ? typedData(type, typed) : rawData(type, raw);
  checkNumbers({ type, shape, data }, pointer);
  return { type, shape, data };
}

function readShape(dims: BigInt64Array, pointer: string): number[] {
  return Array.from(dims, (length) => {
    if (length < 0n) refuse(pointer, `an axis has the length ${length}`);
    return exact(length, pointer);
  });
}

function rawData(type: OnnxTensor["type"], raw: Uint8Array): OnnxTensor["data"] {
  const { array: Numbers } = ELEMENTS[type];
  const size = Numbers.BYTES_PER_ELEMENT;
  // slice copies to the start of a buffer of its own, where every type may lie.
  const { buffer, byteOffset, length } = raw.byteOffset % size === 0 ? raw : raw.slice();
  return new Numbers(buffer as ArrayBuffer, byteOffset, length / size);
}

function typedData(
  type: OnnxTensor["type"],
  numbers: Exclude<OnnxTensor["data"], Uint8Array>,
): OnnxTensor["data"] {
  if (type !== "bool") return numbers;
  return Uint8Array.from(numbers as Int32Array, (truth) =>
    truth === 0 || truth === 1 ? truth : 2,
  );
}
