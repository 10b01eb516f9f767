/** Whether an Accept header wants text/csv more than JSON; JSON is what comes without a preference. */
export function prefersCsv(accept: string | undefined): boolean {
  const weights = new Map<string, number>();
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    weights.set(type, quality === undefined ? 1 : Number(quality.slice(2)));
  }
  const weight = (type: string, group: string) =>
    weights.get(type) ?? weights.get(group) ?? weights.get("*/*") ?? 0;
  return weight("text/csv", "text/*") > weight("application/json", "application/*");
}
