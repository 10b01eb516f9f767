import { readFile } from "node:fs/promises";

/** Models as other tools wrote them, with what those tools answer to some rows (see the README there). */
const FOLDER = new URL("../packages/graph/test/onnx-files/golden/", import.meta.url);

export const readGolden = (name: string) => readFile(new URL(`${name}.onnx`, FOLDER));

interface Numbers {
  shape: number[];
  data: number[];
}

/**
 * The rows of a golden model and the framework's answers to them, each flat.
 *
 * @param output of the file; where the framework calls it otherwise, its first answer
 */
export async function readAnswers(
  name: string,
  output?: string,
): Promise<{ rows: number[][]; answers: number[][] }> {
  const text = await readFile(new URL(`${name}.json`, FOLDER), "utf8");
  const {
    inputs,
    outputs,
  }: Record<"inputs" | "outputs", Record<string, Numbers>> = JSON.parse(text);
  const byRow = ({ shape, data }: Numbers) => {
    const rows = shape[0]!;
    const width = data.length / rows;
    return Array.from({ length: rows }, (_, row) => data.slice(row * width, (row + 1) * width));
  };
  const answers = outputs[output ?? ""] ?? Object.values(outputs)[0]!;
  return { rows: byRow(Object.values(inputs)[0]!), answers: byRow(answers) };
}
