import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { columnNamed, problemsOf, readText } from "./inspect-text.ts";

test("numbers and categories, with what the profile says of them", async () => {
  const { profile, columns } = await readText(
    "age,height,city\n30,1.5,Oslo\n40,NA,Rome\n,1.75,Oslo\n30,1.25,\n",
  );
  expect(profile).toEqual({
    rows: 4,
    shape: null,
    columns: [
      {
        name: "age",
        kind: "number",
        min: 30,
        max: 40,
        mean: 100 / 3,
        missing: 1,
        first_missing_row: 3,
        classes: [30, 40],
      },
      {
        name: "height",
        kind: "number",
        min: 1.25,
        max: 1.75,
        mean: 1.5,
        missing: 1,
        first_missing_row: 2,
        classes: null,
      },
      {
        name: "city",
        kind: "category",
        values: ["Oslo", "Rome"],
        missing: 1,
        first_missing_row: 4,
      },
    ],
  });
  expect(columns).toEqual([
    { kind: "number", values: new Float64Array([30, 40, Number.NaN, 30]) },
    { kind: "number", values: new Float64Array([1.5, Number.NaN, 1.75, 1.25]) },
    { kind: "category", codes: new Uint32Array([0, 1, 0, 0xffffffff]) },
  ]);
});

const SAME = { values: ["a,b", 'say "hi"', "two\nlines", "à"], codes: [3, 0, 1, 2] };
const QUOTED = 'name,x\nà,1\n"a,b",2\n"say ""hi""", 3 \n"two\nlines","4"\n';
test.each([
  ["LF", Buffer.from(QUOTED)],
  ["no line end at the end", Buffer.from(QUOTED.slice(0, -1))],
  ["a byte order mark", Buffer.from(`\ufeff${QUOTED}`)],
  ["blank lines", Buffer.from(QUOTED.replace("\n", "\n\n  \n").concat("\n \n"))],
  ["spaces around values", Buffer.from(QUOTED.replace("à,1", " à\t, 1 ").replace(",2", ",  2"))],
  ["gzip", gzipSync(QUOTED)],
  ["CRLF", Buffer.from(QUOTED.replaceAll("\n", "\r\n").replace("two\r\n", "two\n"))],
  ["quotes from the first line on", Buffer.from(QUOTED.replace("name", '"name"'))],
])("the same table from a file with %s", async (_, content) => {
  const { profile, columns } = await readText(content);
  expect(columnNamed(profile, "name")).toMatchObject({ kind: "category", values: SAME.values });
  expect(columns).toEqual([
    { kind: "category", codes: new Uint32Array(SAME.codes) },
    { kind: "number", values: new Float64Array([1, 2, 3, 4]) },
  ]);
});

test("records are whole wherever the chunks of a large file end", async () => {
  const rows = 100_000;
  const line = (row: number, quote: boolean) =>
    `${row},${quote ? `"é ${row % 7}"` : `é ${row % 7}`}\n`;
  for (const quotedFrom of [rows, 60_000]) {
    const lines = Array.from({ length: rows }, (_, row) => line(row, row >= quotedFrom));
    const { profile, columns } = await readText(`row,text\n${lines.join("")}`);
    expect(profile.rows).toBe(rows);
    expect(columnNamed(profile, "row")).toMatchObject({ min: 0, max: rows - 1, mean: 49_999.5 });
    const [numbers, texts] = columns;
    expect(numbers).toEqual({
      kind: "number",
      values: Float64Array.from({ length: rows }, (_, row) => row),
    });
    expect(texts).toEqual({
      kind: "category",
      codes: Uint32Array.from({ length: rows }, (_, row) => row % 7),
    });
  }
});

test("half numbers make a number column, fewer a category, whatever comes first", async () => {
  const mixed = await readText("a\nx\n1\n2\ny\nz\n");
  expect(columnNamed(mixed.profile, "a")).toMatchObject({ values: ["1", "2", "x", "y", "z"] });
  const numberFirst = await readText("a\n01\nx\ny\n1\nz\n");
  expect(columnNamed(numberFirst.profile, "a")).toMatchObject({
    values: ["01", "1", "x", "y", "z"],
  });
  expect(numberFirst.columns[0]).toEqual({
    kind: "category",
    codes: new Uint32Array([0, 2, 3, 1, 4]),
  });
  const half = await problemsOf("a,b\nabc,1\n1,1\n2,1\nxyz,1\n");
  expect(half).toEqual([
    {
      row: 1,
      column: "a",
      message:
        "row 1 (line 2): 'abc' is not a number; column 'a' is read as numbers; to read it as categories upload with ?categories=a",
    },
    { row: 4, column: "a", message: expect.stringMatching(/^row 4 \(line 5\): 'xyz'/) },
  ]);
});

test("categories reads numbers as categories, in the order of the numbers", async () => {
  const { profile, columns } = await readText("digit,x\n10,1\n2,1\n10,1\n-1,1\n", ["digit"]);
  expect(columnNamed(profile, "digit")).toMatchObject({
    kind: "category",
    values: ["-1", "2", "10"],
  });
  expect(columns[0]).toEqual({ kind: "category", codes: new Uint32Array([2, 1, 2, 0]) });
  expect(await problemsOf("digit\n1\n", ["digits"])).toEqual([
    { row: 0, column: "digits", message: expect.stringContaining("'digits'") },
  ]);
});

test("what is missing, what is a number, what is not", async () => {
  const { profile, columns } = await readText(
    'x\nNA\nN/A\nNaN\nnan\nnull\nNULL\n?\n""\n-0.5\n+1\n.25\n1.\n1e-3\n2E2\n',
  );
  expect(columnNamed(profile, "x")).toMatchObject({ missing: 8, first_missing_row: 1 });
  expect([...(columns[0]?.kind === "number" ? columns[0].values : [])].slice(8)).toEqual([
    -0.5, 1, 0.25, 1, 0.001, 200,
  ]);
  const refused = await problemsOf("x\n1\n2\n3\n4\n5\n6\ninf\n0x10\nInfinity\n1e400\n-1e400\n1,\n");
  expect(
    refused.map(({ row, message }) => [row, message.match(/'[^']*'/)?.[0] ?? message]),
  ).toEqual([
    [7, "'inf'"],
    [8, "'0x10'"],
    [9, "'Infinity'"],
    [10, "'1e400'"],
    [11, "'-1e400'"],
    [12, "row 12 (line 13): 2 fields, but the header has 1"],
  ]);
  expect(refused[3]?.message).toContain("outside the range of a double");
});

test("a column without any value is a number column, or an empty category where named", async () => {
  const content = "x,y,z\n,1,\n,2,\n";
  const { profile, columns } = await readText(content, ["z"]);
  const nothing = { missing: 2, first_missing_row: 1 };
  expect(profile.columns[0]).toEqual({
    name: "x",
    kind: "number",
    min: null,
    max: null,
    mean: null,
    classes: null,
    ...nothing,
  });
  expect(profile.columns[2]).toEqual({ name: "z", kind: "category", values: [], ...nothing });
  expect(columns[0]).toEqual({ kind: "number", values: new Float64Array(2).fill(Number.NaN) });
});

test("classes of a number column: whole, 2 to 100 different, at least two rows each on average", async () => {
  const classesOf = async (values: (number | string)[]) => {
    const { profile } = await readText(`x,y\n${values.map((value) => `${value},0`).join("\n")}\n`);
    const column = columnNamed(profile, "x");
    return column.kind === "number" ? column.classes : undefined;
  };
  const hundred = Array.from({ length: 100 }, (_, i) => i);
  expect(await classesOf([2, 1, 1, 2])).toEqual([1, 2]);
  expect(await classesOf([2, 1, 3, 2, 1])).toBeNull();
  expect(await classesOf([1, 1, 1])).toBeNull();
  expect(await classesOf([1, 1.5, 1, 1])).toBeNull();
  expect(await classesOf([...hundred, ...hundred])).toEqual(hundred);
  expect(await classesOf([...hundred, ...hundred, 100, 100, 100])).toBeNull();
});

test("the mean is exact where a plain sum is not", async () => {
  const meanOf = async (values: string[]) => {
    const column = (await readText(`x\n${values.join("\n")}\n`)).profile.columns[0];
    return column?.kind === "number" ? column.mean : null;
  };
  expect(await meanOf(["1e16", "1", "-1e16", "1"])).toBe(0.5);
  expect(await meanOf(["1.7e308", "1.7e308"])).toBe(1.7e308);
});

test("10,000 categories are listed; more make a column without values, not a refusal", async () => {
  const names = (count: number) =>
    `x\n${Array.from({ length: count }, (_, i) => `n${i}`).join("\n")}`;
  const most = columnNamed((await readText(names(10_000))).profile, "x");
  expect(most.kind === "category" && most.values.length).toBe(10_000);
  const { profile, columns } = await readText(`${names(10_001)}\nNA`);
  expect(columnNamed(profile, "x")).toEqual({
    name: "x",
    kind: "category",
    values: [],
    missing: 1,
    first_missing_row: 10_002,
  });
  expect(columns[0]).toEqual({ kind: "category", codes: new Uint32Array(0) });
});

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))),
  );
test.each<[string, string | Buffer, number, string | null, RegExp]>([
  ["an empty file", "", 0, null, /empty/],
  ["only blank lines", "\n \n\r\n", 0, null, /empty/],
  ["only a byte order mark", "\ufeff", 0, null, /empty/],
  ["a header only", "a,b\n", 0, null, /no rows/],
  ["an empty name", "a,,b\n1,2,3\n", 0, "", /column 2 .*empty/],
  ["a name twice", "a,b,a\n1,2,3\n", 0, "a", /column 3 .*'a'.*column 1/],
  ["lines that end with CR", "a,b\r1,2\r", 0, "b\r1", /carriage return/],
  ["a short row", "a,b\n1,2\n1\n", 2, null, /^row 2 \(line 3\): 1 fields.*has 2/],
  ["a long row after a blank line", "a,b\n1,2\n\n1,2,3\n", 2, null, /^row 2 \(line 4\): 3 fields/],
  ["a long row after quotes", 'a,b\n"x\ny",2\n1,2,3\n', 2, null, /^row 2 \(line 4\): 3 fields/],
  ["a quote left open", 'a,b\n1,2\n"x,3\n4,5\n', 2, null, /after line 2 is never closed/],
  ["a quote left open in the header", '"a,b\n1,2\n', 0, null, /after line 0 is never closed/],
  ["text after a closing quote", 'a,b\n1,2\n"x"y,3\n', 2, null, /after line 2.*closing quote/],
  ["a quote inside a field", 'a,b\n1,2\nx"y,3\n', 2, null, /after line 2.*inside an unquoted/],
  ["a NUL character", "a,b\nx,1\nx\0,2\n", 2, "a", /^row 2 .*NUL/],
  ["a NUL character in a number", "a\n1\n2\n3\0\n", 3, "a", /^row 3 .*NUL/],
  ["invalid UTF-8", bytes("a,b\nx,1\n", [0xe9], ",2\n"), 2, "a", /^row 2 .*UTF-8/],
  ["invalid UTF-8 in the header", bytes([0xe9], ",b\nx,1\n"), 0, null, /column 1.*UTF-8/],
  ["UTF-16", Buffer.from("\ufeffa,b\n1,2\n", "utf16le"), 0, null, /UTF-16/],
  ["a gzip cut short", gzipSync("a,b\n1,2\n").subarray(0, 20), 0, null, /gzip.*unexpected end/],
  ["a gzip that is none", bytes([0x1f, 0x8b], "a,b\n1,2\n"), 0, null, /damaged gzip/],
])("%s is a problem that says where", async (_, content, row, column, message) => {
  expect(await problemsOf(content)).toEqual([
    { row, column, message: expect.stringMatching(message) },
  ]);
});

test("a plain file declared as gzip is a problem", async () => {
  expect(await problemsOf("a\n1\n", [], true)).toMatchObject([{ row: 0, column: null }]);
});

test("the first 20 problems are reported, in the order of the rows", async () => {
  const lines = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? "1,2,3" : "1,text"));
  const problems = await problemsOf(`a,b\n${"1,1\n".repeat(100)}${lines.join("\n")}\n`);
  expect(problems.map(({ row }) => row)).toEqual(Array.from({ length: 20 }, (_, i) => 101 + i));
});
