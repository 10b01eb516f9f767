import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { inspectFile, readTable } from "../src/index.ts";
import { inFolder } from "./inspect-text.ts";

function idx(magic: number, sizes: number[], elements: number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(magic);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, Buffer.from(elements)]);
}
const PIXELS = Array.from({ length: 18 }, (_, i) => 10 * i);
const IMAGES = idx(0x803, [3, 2, 3], PIXELS);
const LABELS = idx(0x801, [3], [10, 2, 10]);

const inspect = (images: Buffer, labels: Buffer) =>
  inFolder(async (folder) => {
    const paths = { images: join(folder, "images"), labels: join(folder, "labels") };
    await writeFile(paths.images, images);
    await writeFile(paths.labels, labels);
    const table = join(folder, "table");
    const result = await inspectFile({ format: "idx", ...paths }, table);
    return { result, table: result.ok ? await readTable(table) : null };
  });

test.each([
  ["plain", IMAGES, LABELS],
  ["gzip", gzipSync(IMAGES), gzipSync(LABELS)],
])("%s images and labels", async (_, images, labels) => {
  const { result, table } = await inspect(images, labels);
  expect(result).toEqual({
    ok: true,
    profile: {
      rows: 3,
      shape: [1, 2, 3],
      columns: [
        { name: "image", kind: "image", missing: 0 },
        {
          name: "label",
          kind: "category",
          values: ["2", "10"],
          missing: 0,
          first_missing_row: null,
        },
      ],
    },
  });
  expect(table?.columns).toEqual([
    { kind: "image", pixels: new Uint8Array(PIXELS) },
    { kind: "category", codes: new Uint32Array([1, 0, 1]) },
  ]);
});

test("four dimensions are images with channels", async () => {
  const { result } = await inspect(idx(0x804, [3, 3, 1, 2], PIXELS), LABELS);
  expect(result).toMatchObject({ ok: true, profile: { rows: 3, shape: [3, 1, 2] } });
});

test.each<[string, Buffer, Buffer, RegExp[]]>([
  ["more labels than images", IMAGES, idx(0x801, [4], [1, 2, 3, 4]), [/3 images.*4 labels/]],
  ["images cut short", IMAGES.subarray(0, 30), LABELS, [/images.*18 pixels.*only 14/]],
  ["too many pixels", Buffer.concat([IMAGES, LABELS]), LABELS, [/images.*18 pixels.*more/]],
  ["labels cut short", IMAGES, LABELS.subarray(0, 10), [/labels.*3 labels.*has 2/]],
  ["too many labels", IMAGES, idx(0x801, [3], [1, 2, 3, 4]), [/labels.*3 labels.*has 4/]],
  ["the files exchanged", LABELS, IMAGES, [/images.*shorter/, /labels.*00000803.*00000801/]],
  ["no IDX at all", Buffer.from("a,b,c\n1,2,3\n4,5,6\n"), LABELS, [/images.*612c622c.*00000803/]],
  ["no images", idx(0x803, [0, 2, 3], []), idx(0x801, [0], []), [/no images/]],
  ["images of no size", idx(0x803, [3, 0, 3], []), LABELS, [/empty: 0 x 3/]],
  ["an empty labels file", IMAGES, Buffer.alloc(0), [/labels.*header/]],
  ["a damaged gzip", gzipSync(IMAGES).subarray(0, 25), LABELS, [/images.*gzip/]],
])("%s is a problem that names the file", async (_, images, labels, messages) => {
  const { result } = await inspect(images, labels);
  expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual(
    messages.map((message) => expect.stringMatching(message)),
  );
});
