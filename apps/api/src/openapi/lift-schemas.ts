/** @fastify/swagger drops `$id`; under this name it passes through. */
const NAME = "x-schema-name";
type Node = Record<string, unknown>;

/** Keeps the names of the schemas that a route's schema is made of. */
export function keepNames<T>(schema: T): T {
  return mapObjects(schema, ({ $id, ...rest }) =>
    typeof $id === "string" ? { ...rest, [NAME]: $id } : rest,
  ) as T;
}

/**
 * Every named schema stands once under components/schemas, and a `$ref` wherever it is used.
 * (The routes hold the schemas themselves, since types cannot be read out of a reference.)
 */
export function liftSchemas<T extends { components?: object | undefined }>(document: T): T {
  const schemas: Node = {};
  const lifted = mapObjects(document, ({ [NAME]: name, ...rest }) => {
    if (typeof name !== "string") return rest;
    schemas[name] = rest;
    return { $ref: `#/components/schemas/${name}` };
  }) as T;
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...lifted, components: { ...lifted.components, schemas: sorted } };
}

/** Copies a tree, each object changed by `change` after those inside it. */
function mapObjects(node: unknown, change: (node: Node) => Node): unknown {
  if (Array.isArray(node)) return node.map((each) => mapObjects(each, change));
  if (typeof node !== "object" || node === null) return node;
  const inner = Object.entries(node).map(([key, value]) => [key, mapObjects(value, change)]);
  return change(Object.fromEntries(inner));
}
