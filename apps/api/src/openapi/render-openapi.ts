import type { App } from "../app.ts";

/** The document as it is committed. */
export function renderOpenapi(app: App): string {
  return `${JSON.stringify(app.swagger(), null, 2)}\n`;
}
