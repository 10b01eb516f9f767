import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ModelRefused } from "../src/onnx-file/onnx-file.ts";
import { readOnnx } from "../src/onnx-file/read-onnx.ts";
import { ModelProto } from "../src/onnx-messages.ts";
import { bytesOf, node, smallFile, tensor, value } from "./onnx-files/small-file.ts";
import { createRandom } from "./random.ts";

const SOUND = bytesOf(smallFile());
const PYTORCH = readFileSync(new URL("onnx-files/golden/pytorch-words.onnx", import.meta.url));
const SKLEARN = readFileSync(
  new URL("onnx-files/golden/sklearn-mlp-two-classes.onnx", import.meta.url),
);

describe("bytes that are no ONNX file", () => {
  test.each([
    ["nothing", "", "", /empty/],
    ["a text", "layers: [dense, dense]\n", "", /not the bytes of an ONNX file/],
    ["JSON", '{"layers": []}', "", /not the bytes/],
    ["a zip archive", "PK\u0003\u0004", "", /PyTorch and Keras save/],
    ["a pickle", "\u0080\u0002}q\0.", "", /pickle/],
    ["an HDF5 file", "\u0089HDF\r\n", "", /HDF5/],
    ["zeros", "\0\0\0\0", "", /not the bytes/],
    ["a field without its bytes", "\u003a\u00ff\u0001ab", "/graph", /255 bytes long, but only 2/],
    ["an endless varint", "\u0008\u00ff".padEnd(20, "\u00ff"), "/ir_version", /not the bytes/],
    [
      "a varint of eleven bytes",
      "\u0008".padEnd(11, "\u0080").concat("\0"),
      "/ir_version",
      /not the bytes/,
    ],
    ["a group, which ONNX has none of", "\u003b\u003c", "/graph", /not the bytes/],
    ["only a version", "\u0008\u0009", "/graph", /no graph/],
  ])("%s", (_, letters, pointer, message) => {
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    expect(refusalOf(bytes)).toEqual([{ pointer, message: expect.stringMatching(message) }]);
  });

  test.each(["\0", "\n", "garbage", "more\0bytes"])("a sound file and %j", (rest) => {
    expect(refusalOf(Buffer.concat([SOUND, Buffer.from(rest)]))).not.toBeNull();
  });

  test("two sound files one after the other", () => {
    expect(refusalOf(Buffer.concat([SOUND, SOUND]))).toEqual([
      { pointer: "/ir_version", message: expect.stringContaining("twice") },
    ]);
  });
});

describe("files that were cut off or damaged are refused or read, and nothing else", () => {
  test.each([
    ["ours", SOUND],
    ["PyTorch's", PYTORCH],
    ["scikit-learn's", SKLEARN],
  ])("%s, cut off at each of its bytes", (_, bytes) => {
    const read = Array.from(bytes.keys()).filter(
      (length) => refusalOf(bytes.subarray(0, length)) === null,
    );
    // What is left out then is only what stands behind all that matters: the other operator sets.
    for (const length of read) expect(bytes.length - length).toBeLessThan(20);
  });

  test.each([
    ["ours", SOUND, 1],
    ["PyTorch's", PYTORCH, 2],
    ["scikit-learn's", SKLEARN, 3],
  ])("%s, 3000 times with bits turned over", (_, bytes, seed) => {
    const random = createRandom(seed);
    const answers = { read: 0, refused: 0 };
    for (let round = 0; round < 3000; round++) {
      const spoilt = Uint8Array.from(bytes);
      for (let flips = 1 + random(8); flips > 0; flips--)
        spoilt[random(spoilt.length)]! ^= 1 << random(8);
      answers[refusalOf(spoilt) === null ? "read" : "refused"]++;
    }
    // Both happen: the bits of a weight are as good as others, those of a length are not.
    expect(answers.read).toBeGreaterThan(10);
    expect(answers.refused).toBeGreaterThan(300);
  });

  test("random fields of random lengths", () => {
    const random = createRandom(4);
    for (let round = 0; round < 3000; round++)
      refusalOf(Uint8Array.from({ length: 1 + random(200) }, () => random(3) && random(256)));
  });
});

describe("small files that claim much", () => {
  test("a million empty nodes in two megabytes", () => {
    expect(refusalOf(inGraph(pairs(1e6, 0x0a)))).toEqual([
      { pointer: "/graph/node", message: expect.stringContaining("more than 5000") },
    ]);
  });

  test("fields that are passed over are counted too", () => {
    expect(refusalOf(inGraph(pairs(1.5e6, 0x6a)))).toEqual([
      { pointer: "/graph", message: expect.stringContaining("1000000 entries") },
    ]);
  });

  test("whole numbers of one byte, which take eight in memory", () => {
    const file = smallFile();
    file.graph.initializer[0] = {
      ...{ name: "fc.weight", dims: [1_500_000], data_type: 7 },
      int64_data: Array(1_500_000).fill(1),
    };
    expect(refusalOf(bytesOf(file))).toEqual([
      {
        pointer: "/graph/initializer/fc.weight/int64_data",
        message: expect.stringContaining("1000000 entries"),
      },
    ]);
  });

  test("graphs within graphs, thousands deep", () => {
    let graph: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 5000; depth++)
      graph = lengthField(0x0a, lengthField(0x2a, lengthField(0x32, graph)));
    expect(refusalOf(inGraph(graph))).not.toBeNull();
  });

  test("types within types, thousands deep", () => {
    let type: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 5000; depth++) type = lengthField(0x22, lengthField(0x0a, type));
    const name = lengthField(0x0a, new TextEncoder().encode("y"));
    const output = lengthField(0x62, Buffer.concat([name, lengthField(0x12, type)]));
    // A list of lists of lists is no tensor; how deep it goes is nobody's business.
    const { graph } = smallFile();
    const bytes = ModelProto.root
      .lookupType("GraphProto")
      .encode({ ...graph, output: [] })
      .finish();
    const file = readOnnx(inGraph(Buffer.concat([bytes, output])));
    expect(file.outputs).toMatchObject([{ name: "y", type: "sequence", shape: null }]);
  });

  test("a chain of the most nodes, the last one first", () => {
    const file = smallFile();
    const chain = Array.from({ length: 5000 }, (_, i) => node("Relu", [`${i}`], [`${i + 1}`]));
    file.graph = {
      node: chain.toReversed(),
      initializer: [],
      input: [value("0", [2])],
      output: [value("5000", [2])],
    };
    expect(readOnnx(bytesOf(file)).nodes.map(({ outputs }) => outputs[0])).toEqual(
      chain.map(({ output }) => output[0]),
    );
    chain[0]!.input = ["5000"];
    const [fault] = refusalOf(bytesOf(file))!;
    expect(fault!.message).toMatch(/^values wait for each other: "\d+" -> .* -> \.\.\. -> "\d+"$/);
    expect(fault!.message.length).toBeLessThan(200);
  });

  test("an element type of 2^32 + 1 is not float32", () => {
    const tensor = Uint8Array.of(0x08, 0, 0x10, 0x81, 0x80, 0x80, 0x80, 0x10, 0x42, 1, 0x6e);
    expect(refusalOf(inGraph(Buffer.concat([graphBytes(), lengthField(0x2a, tensor)])))).toEqual([
      {
        pointer: "/graph/initializer/n/data_type",
        message: expect.stringContaining("not fit in 32 bits"),
      },
    ]);
  });

  test("an axis of the stated length 0 has a length, one of nothing stated has none", () => {
    const dims = [Uint8Array.of(0x08, 0), Uint8Array.of()].map((dim) => lengthField(0x0a, dim));
    const type = lengthField(0x0a, lengthField(0x12, Buffer.concat(dims)));
    const input = Buffer.concat([Uint8Array.of(0x0a, 1, 0x6e), lengthField(0x12, type)]);
    const file = inGraph(Buffer.concat([graphBytes(), lengthField(0x5a, input)]));
    expect(readOnnx(file).inputs[1]).toMatchObject({
      name: "n",
      type: "undefined",
      shape: [0, null],
    });
  });

  test("names that programs trip over", () => {
    const file = smallFile();
    const names = ["__proto__", "constructor", "toString", "", " ", "a/b~c", "\u{1f600}"];
    file.graph.initializer.push(...names.filter(Boolean).map((name) => tensor(name, [1], [1])));
    file.graph.node.push(node("Sum", names, ["hasOwnProperty"]));
    expect([...readOnnx(bytesOf(file)).initialisers.keys()].slice(2)).toEqual(
      names.filter(Boolean),
    );
  });
});

/** @returns the faults, or null when the file is read; any other error is the test's failure */
function refusalOf(bytes: Uint8Array) {
  try {
    readOnnx(bytes);
    return null;
  } catch (error) {
    if (error instanceof ModelRefused) return error.faults;
    throw error;
  }
}

/** Fields of a graph, all of length zero. */
function pairs(count: number, tag: number): Uint8Array {
  return new Uint8Array(2 * count).map((_, i) => (i % 2 === 0 ? tag : 0));
}

function inGraph(contents: Uint8Array): Uint8Array {
  const { ir_version, opset_import } = smallFile();
  return Buffer.concat([bytesOf({ ir_version, opset_import }), lengthField(0x3a, contents)]);
}

function lengthField(tag: number, contents: Uint8Array): Uint8Array {
  const head = [tag];
  let rest = contents.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Uint8Array.of(...head, rest), contents]);
}

function graphBytes(): Uint8Array {
  return ModelProto.root.lookupType("GraphProto").encode(smallFile().graph).finish();
}
