/** One step of a JSON pointer (RFC 6901): `~` and `/` inside a name are escaped. */
export function pointerStep(name: string | number): string {
  return String(name).replaceAll("~", "~0").replaceAll("/", "~1");
}
