import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CorruptTable, inspectFile, readTable } from "../src/index.ts";
import { inFolder } from "./inspect-text.ts";

test("a table file that is not what was written is refused", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "table");
    const csv = join(folder, "csv");
    await writeFile(csv, "a,b\n1,x\n2,y\n3,x\n");
    await inspectFile({ format: "csv", path: csv, gzip: false, categories: [] }, path);
    const whole = await readFile(path);
    expect((await readTable(path)).profile.rows).toBe(3);

    const flip = (at: number) => {
      const copy = Buffer.from(whole);
      copy[at]! ^= 1;
      return copy;
    };
    const broken = [
      Buffer.alloc(0),
      Buffer.from("a,b\n1,x\n2,y\n3,x\n, and more of it"),
      whole.subarray(0, whole.length - 8),
      whole.subarray(0, 21),
      flip(0),
      flip(8), // the header's length
      flip(40), // the header
      flip(whole.length - 17), // the data
      flip(whole.length - 8), // the checksum
    ];
    for (const content of broken) {
      await writeFile(path, content);
      await expect(readTable(path)).rejects.toThrow(CorruptTable);
    }
  });
});

test("columns begin at multiples of 8 bytes", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "table");
    const csv = join(folder, "csv");
    await writeFile(csv, "a,b,c\nx,1,u\ny,2,v\nx,3,u\n");
    await inspectFile({ format: "csv", path: csv, gzip: false, categories: [] }, path);
    expect((await readTable(path)).columns).toEqual([
      { kind: "category", codes: new Uint32Array([0, 1, 0]) },
      { kind: "number", values: new Float64Array([1, 2, 3]) },
      { kind: "category", codes: new Uint32Array([0, 1, 0]) },
    ]);
  });
});
