/** The little of WebAssembly's binary format that loops over one imported memory need. */

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128, for i32.const. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const I32 = 0x7f;
const V128 = 0x7b;

export const getLocal = (index: number): number[] => [0x20, ...unsigned(index)];
export const setLocal = (index: number): number[] => [0x21, ...unsigned(index)];
export const teeLocal = (index: number): number[] => [0x22, ...unsigned(index)];
export const constant = (value: number): number[] => [0x41, ...signed(value)];

/** A SIMD instruction: prefix 0xfd and the opcode. */
export const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

/** memarg of an access: alignment as a power of two, constant offset in bytes. */
export const at = (offset: number, alignment = 4): number[] => [
  ...unsigned(alignment),
  ...unsigned(offset),
];

const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
const text = (name: string) => [...unsigned(name.length), ...new TextEncoder().encode(name)];

/** A function's code, and how many vector locals it uses after its three i32 parameters. */
export interface LoopCode {
  body: number[];
  vectors: number;
}

/** A module that imports `arena.memory` and exports the loops as `0`, `1`, … of (i32, i32, i32) -> (). */
export function encodeModule(loops: readonly LoopCode[]): Uint8Array<ArrayBuffer> {
  const codes = loops.flatMap(({ body, vectors }) => {
    const locals = vectors > 0 ? [1, ...unsigned(vectors), V128] : [0];
    const code = [...locals, ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  const count = unsigned(loops.length);
  const exported = loops.flatMap((_, index) => [...text(String(index)), 0x00, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 3, I32, I32, I32, 0]),
    ...section(2, [1, ...text("arena"), ...text("memory"), 0x02, 0x00, 0x01]),
    ...section(3, [...count, ...loops.map(() => 0)]),
    ...section(7, [...count, ...exported]),
    ...section(10, [...count, ...codes]),
  ]);
}
