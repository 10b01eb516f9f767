/** Rows that a small model learns within seconds, and what they are to be told as. */
export interface DataSet {
  /** As POST /v1/jobs/{id}/predictions takes them. */
  rows: unknown[];
  /** Over classes texts, else numbers. */
  targets: readonly string[] | readonly number[];
  /** The body of POST /v1/datasets. */
  file: string | FormData;
}

const ROOTS = [2, 3, 5, 7, 11, 13].map(Math.sqrt);
/** From 0 to 1, evenly: multiples of an irrational number, which have no period and need no seed. */
const even = (row: number, k: number) => (row * ROOTS[k]!) % 1;
/** Around 0, the middle more often, at most 1 away. */
const stray = (row: number, k: number) => even(row, k) + even(row, k + 1) - 1;
const count = <T>(rows: number, make: (row: number) => T) =>
  Array.from({ length: rows }, (_, row) => make(row));
const rounded = (value: number) => Math.round(value * 1000) / 1000;

function table(
  names: string[],
  rows: (string | number)[][],
  targets: readonly (string | number)[],
) {
  const lines = rows.map((row, index) => [...row, targets[index]].join(","));
  return { rows, file: [[...names, "target"].join(","), ...lines].join("\n") };
}

/** Three kinds, half, three tenths and a fifth of the rows, which overlap; two numbers and a category. */
function kinds(): DataSet {
  const kindOf = (row: number) => [0, 1, 0, 2, 0, 1, 0, 2, 0, 1][row % 10]!;
  const targets = count(160, (row) => ["ash", "elm", "oak"][kindOf(row)]!);
  const rows = count(160, (row) => {
    const kind = kindOf(row);
    const colour = even(row, 4) < 0.8 ? ["green", "red", "grey"][kind]! : "green";
    return [
      rounded(kind + 1.2 * stray(row, 0)),
      rounded((kind === 1 ? 1 : 0) + stray(row, 2)),
      colour,
    ];
  });
  return { ...table(["length", "width", "colour"], rows, targets), targets };
}

/** Two classes, the second of three tenths of the rows, which overlap. */
function pairs(): DataSet {
  const isYes = (row: number) => [0, 3, 7].includes(row % 10);
  const targets = count(160, (row) => (isYes(row) ? "yes" : "no"));
  const rows = count(160, (row) => {
    const side = isYes(row) ? 1 : -1;
    return [rounded(0.6 * side + 1.3 * stray(row, 0)), rounded(0.5 * side + 1.3 * stray(row, 2))];
  });
  return { ...table(["x", "y"], rows, targets), targets };
}

/** Eight classes around a circle; every thirteenth row is called by the name of the opposite one. */
function octants(): DataSet {
  const targets = count(240, (row) => "abcdefgh"[(row + (row % 13 === 0 ? 4 : 0)) % 8]!);
  const rows = count(240, (row) => {
    const angle = ((row % 8) * Math.PI) / 4;
    return [
      rounded(Math.cos(angle) + 0.5 * stray(row, 0)),
      rounded(Math.sin(angle) + 0.5 * stray(row, 2)),
    ];
  });
  return { ...table(["x", "y"], rows, targets), targets };
}

/** A number, far from 0 and in a unit far from 1, that is no line of its two features. */
function heights(): DataSet {
  const features = count(160, (row) => [
    rounded(3 * even(row, 0) - 1.5),
    rounded(3 * even(row, 1) - 1.5),
  ]);
  const targets = features.map(([x = 0, z = 0], row) =>
    rounded(500 + 60 * x + 30 * z * z + 15 * stray(row, 2)),
  );
  return { ...table(["x", "z"], features, targets), targets };
}

/** Whole numbers from 0 to 7, of which the first says the class, but not by its size. */
function words(): DataSet {
  const rows = count(160, (row) => [Math.floor(8 * even(row, 0)), Math.floor(8 * even(row, 1))]);
  const targets = rows.map(([first = 0], row) =>
    [1, 2, 5, 6].includes(first) !== (row % 17 === 0) ? "right" : "left",
  );
  return { ...table(["first", "second"], rows, targets), targets };
}

export const IMAGE_SIDE = 12;
const PATTERNS: ((y: number, x: number) => boolean)[] = [
  (y) => y % 4 < 2,
  (_, x) => x % 4 < 2,
  (y, x) => (y + x) % 4 < 2,
  (y, x) => ((y >> 1) + (x >> 1)) % 2 === 0,
  () => true,
  () => false,
];

/** Six textures with noise, each image of its own brightness. */
function textures(): DataSet {
  const kindOf = (row: number) => (row * 5 + Math.floor(row / 6)) % 6;
  const pixel = (row: number, y: number, x: number) => {
    const ink = PATTERNS[kindOf(row)]!(y, x) ? 150 : 30;
    const noise = 50 * even(row * IMAGE_SIDE ** 2 + y * IMAGE_SIDE + x, 0);
    return Math.floor((0.7 + 0.5 * even(row, 1)) * (ink + noise));
  };
  const line = (make: (at: number) => number) => count(IMAGE_SIDE, make);
  const rows = count(240, (row) => [count(IMAGE_SIDE, (y) => line((x) => pixel(row, y, x)))]);
  const targets = count(240, (row) => String(kindOf(row)));
  const file = new FormData();
  const head = [0x803, rows.length, IMAGE_SIDE, IMAGE_SIDE];
  file.append("images", idx(head, rows.flat(3)), "images");
  file.append("labels", idx([0x801, rows.length], targets.map(Number)), "labels");
  return { rows, targets, file };
}

/** A file in the format of MNIST: big-endian words, then bytes. */
function idx(head: number[], bytes: number[]): Blob {
  return new Blob([Buffer.from(Uint32Array.from(head).buffer).swap32(), Uint8Array.from(bytes)]);
}

export const DATA_SETS = {
  kinds: kinds(),
  pairs: pairs(),
  octants: octants(),
  heights: heights(),
  words: words(),
  textures: textures(),
};
export type DataName = keyof typeof DATA_SETS;
