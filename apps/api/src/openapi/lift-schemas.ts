/**
 * Every schema with an `$id` stands once under components/schemas, and a `$ref` wherever it is used.
 * (The routes hold the schemas themselves, since types cannot be read out of a reference.)
 */
export function liftSchemas<T extends { components?: object | undefined }>(document: T): T {
  const schemas: Record<string, unknown> = {};
  const lift = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(lift);
    if (typeof node !== "object" || node === null) return node;
    const { $id, ...rest } = node as Record<string, unknown>;
    const lifted = Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [key, lift(value)]),
    );
    if (typeof $id !== "string") return lifted;
    schemas[$id] = lifted;
    return { $ref: `#/components/schemas/${$id}` };
  };
  const lifted = lift(document) as T;
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...lifted, components: { ...lifted.components, schemas: sorted } };
}
