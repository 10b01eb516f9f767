import type { ForwardGraph, Value } from "../graph.ts";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "./onnx-file.ts";
import { isKnown, isWhole, type Known, type Length, lengthsOf, type Term } from "./term.ts";
import { asValue, countKnown, type Translation, termOf } from "./translation.ts";
import { refuse } from "./unfit.ts";
import { MAX_FOLDED } from "./work.ts";

/** One node of the file for its row: inputs by place, attributes by name, each refused where it does not fit. */
export interface Call {
  node: OnnxNode;
  t: Translation;
  graph: ForwardGraph;
  /** How many inputs are given, those left out in between counted. */
  count: number;
  has(place: number): boolean;
  term(place: number): Term;
  /** As a value of the graph. */
  value(place: number): Value;
  /** All inputs as values of the graph. */
  values(): Value[];
  /** As numbers that are known before a run; `what` they are, for the message. */
  known(place: number, what: string): Known;
  /** Of these, whole numbers: */
  lengths(place: number, what: string): Length[];
  /** whole numbers that do not depend on the batch's size; */
  wholes(place: number, what: string): number[];
  /** any numbers. */
  numbers(place: number, what: string): number[];
  number(place: number, what: string): number;
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  text(name: string, otherwise: string): string;
  ints(name: string): number[] | null;
  floats(name: string): number[] | null;
  tensor(name: string): OnnxTensor | null;
}

/** What a row asks of its node; its methods throw Unfit where the file says otherwise. */
export function openCall(t: Translation, node: OnnxNode): Call {
  const has = (place: number) => (node.inputs[place] ?? "") !== "";
  const term = (place: number): Term => {
    const name = node.inputs[place] ?? "";
    if (name === "") refuse(`it needs an input ${place}`, "/input");
    // Of operators with several outputs some give only the first here, such as MaxPool its maxima.
    return termOf(t, name) ?? refuse(`it takes ${name}, which is not given here`, at(place));
  };
  const known = (place: number, what: string): Known => {
    const found = term(place);
    if (isKnown(found)) return found;
    return refuse(`${what} must be known before a run, not computed from the data`, at(place));
  };
  const few = (place: number, what: string) => {
    const found = known(place, what);
    if (found.data.length > MAX_FOLDED) refuse(`${what} are too many`, at(place));
    countKnown(t, found.data.length);
    return found;
  };
  const numbers = (place: number, what: string) =>
    lengthsOf(few(place, what)).map((length) => {
      if (typeof length !== "number")
        return refuse(`${what} must not depend on the batch`, at(place));
      return length;
    });
  const checkWhole = (place: number, what: string) => {
    if (!isWhole(known(place, what).type)) refuse(`${what} must be whole numbers`, at(place));
  };
  const attribute = <T extends OnnxAttribute>(name: string, is: (of: OnnxAttribute) => of is T) => {
    const given = node.attributes.get(name);
    if (given === undefined) return null;
    return is(given) ? given : refuse(`${name} is of another type`, `/attribute/${name}`);
  };
  return {
    ...{ node, t, graph: t.graph, count: node.inputs.length, has, term, known, numbers },
    lengths(place, what) {
      checkWhole(place, what);
      return lengthsOf(few(place, what));
    },
    wholes(place, what) {
      checkWhole(place, what);
      return numbers(place, what);
    },
    value: (place) => asValue(t, term(place)),
    values: () => node.inputs.map((_, place) => asValue(t, term(place))),
    number(place, what) {
      const [only, ...others] = numbers(place, what);
      if (only === undefined || others.length > 0) refuse(`${what} must be one number`, at(place));
      return only;
    },
    int(name, otherwise) {
      const given = attribute(name, isNumber) ?? otherwise;
      if (!Number.isSafeInteger(given)) refuse(`${name} must be whole`, `/attribute/${name}`);
      return given;
    },
    float: (name, otherwise) => attribute(name, isNumber) ?? otherwise,
    text: (name, otherwise) => attribute(name, isText) ?? otherwise,
    ints(name) {
      const given = attribute(name, isNumbers);
      if (given?.some((number) => !Number.isSafeInteger(number)))
        refuse(`${name} must be whole numbers`, `/attribute/${name}`);
      return given;
    },
    floats: (name) => attribute(name, isNumbers),
    tensor: (name) => attribute(name, isTensor),
  };
}

const at = (place: number) => `/input/${place}`;
const isNumber = (of: OnnxAttribute): of is number => typeof of === "number";
const isText = (of: OnnxAttribute): of is string => typeof of === "string";
const isNumbers = (of: OnnxAttribute): of is number[] =>
  Array.isArray(of) && of.every((item) => typeof item === "number");
const isTensor = (of: OnnxAttribute): of is OnnxTensor =>
  typeof of === "object" && !Array.isArray(of);

/** What an operator of the file becomes: its outputs, those that are given. */
export type Row = (call: Call) => Term | Term[];
export type Rows = Record<string, Row>;
