import { type Static, Type } from "typebox";
import type { Fault } from "./problem.ts";
import { Instant, nullable, text } from "./scalars.ts";

const closed = { additionalProperties: false };
const Shape = Type.Array(Type.Integer());
const tensor = { name: Type.String(), shape: Shape };

/** Operator sets of ONNX that an uploaded file may be written in. */
export const OPSETS = { first: 13, last: 21 } as const;

export const MODEL_INPUT_TYPES = ["float32", "int32", "int64"] as const;
/** What a file's output passes through last: losses over classes take what stands before it. */
export const LAST_ACTIVATIONS = ["softmax", "sigmoid"] as const;

/**
 * What is known of an uploaded model. Shapes of input and output are of one row; all tensors are float32.
 * A tensor that training can move is a parameter; the running statistics of normalisations are buffers.
 */
export const ModelProfile = Type.Object(
  {
    opset: Type.Integer(),
    producer: Type.String(),
    input: Type.Object(
      {
        ...tensor,
        type: Type.Enum([...MODEL_INPUT_TYPES]),
        /** Where rows choose vectors of a table, all numbers are whole and below this. */
        vocabulary: nullable(Type.Integer()),
        /** How many rows the file itself takes at once; null where any number. A training takes any number. */
        batch: nullable(Type.Integer()),
      },
      closed,
    ),
    output: Type.Object(
      { ...tensor, activation: nullable(Type.Enum([...LAST_ACTIVATIONS])) },
      closed,
    ),
    /** What all its operators together give for one row: what memory is reckoned by. */
    numbers_per_row: Type.Integer(),
    /** How often each ONNX operator occurs. */
    operators: Type.Record(Type.String(), Type.Integer()),
    parameters: Type.Array(Type.Object(tensor, closed)),
    buffers: Type.Array(Type.Object(tensor, closed)),
    head: nullable(
      Type.Object(
        {
          /** The parameters that "head": "replace" takes away. */
          replaces: Type.Array(Type.String()),
          /** What the new ones are called: `<name>.weight` and `<name>.bias`. */
          name: Type.String(),
          /** The new weight is [outputs, ...inputs]. */
          inputs: Shape,
        },
        closed,
      ),
    ),
  },
  closed,
);
export type ModelProfile = Static<typeof ModelProfile>;

/** An uploaded model as the API shows it. */
export const UploadedModel = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    sha256: Type.String(),
    bytes: Type.Integer(),
    parameter_count: Type.Integer(),
    ...ModelProfile.properties,
    created_at: Instant,
  },
  { $id: "UploadedModel", ...closed },
);
export type UploadedModel = Static<typeof UploadedModel>;

export const CreateModelQuery = Type.Object({ name: text(200, { minLength: 1 }) }, closed);

/** Of a file that is refused: pointers go into the file's own structure, as /graph/node/3/op_type. */
export type ModelFault = Fault;
