/** The little of WebAssembly's binary format that one exported function over one imported memory needs. */

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
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

export const I32 = 0x7f;
export const F64 = 0x7c;
export const V128 = 0x7b;

/** A SIMD instruction: prefix 0xfd and the opcode. */
export const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

/** memarg of an access: alignment as a power of two, constant offset in bytes. */
export const at = (offset: number, alignment = 4): number[] => [
  ...unsigned(alignment),
  ...unsigned(offset),
];

const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
const text = (name: string) => [...unsigned(name.length), ...new TextEncoder().encode(name)];

/**
 * A module that imports `rule.memory` and exports one function `run(count: i32) -> f64 | ()`.
 *
 * @param locals how many locals of each type the body uses after its parameter, in order
 */
export function encodeModule(
  body: number[],
  locals: { type: number; count: number }[],
  returnsF64: boolean,
): Uint8Array<ArrayBuffer> {
  const declared = locals.filter(({ count }) => count > 0);
  const code = [
    ...unsigned(declared.length),
    ...declared.flatMap(({ type, count }) => [...unsigned(count), type]),
    ...body,
    0x0b,
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 1, I32, ...(returnsF64 ? [1, F64] : [0])]),
    ...section(2, [1, ...text("rule"), ...text("memory"), 0x02, 0x00, 0x01]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0x00, 0x00]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}
