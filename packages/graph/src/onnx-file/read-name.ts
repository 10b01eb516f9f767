import { LIMITS } from "./limits.ts";
import { refuse } from "./refuse.ts";

// A name that begins with a byte order mark keeps it: what is left out here could make two names one.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Characters below the space: no text of the database may hold a NUL, and no log a line's end. */
const CONTROL = /\p{Cc}/u;

/**
 * A text that is shown, stored and pointed at.
 *
 * @throws ModelRefused where it is too long, no UTF-8, or not to be printed
 */
export function readName(bytes: Uint8Array, pointer: string): string {
  if (bytes.length > LIMITS.name)
    refuse(pointer, `it is ${bytes.length} bytes long, and ${LIMITS.name} are the most`);
  const name = readText(bytes, pointer);
  if (CONTROL.test(name)) refuse(pointer, "it holds a control character");
  return name;
}

/** @throws ModelRefused where the bytes are no UTF-8 */
export function readText(bytes: Uint8Array, pointer: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    refuse(pointer, "it is not UTF-8");
  }
}
