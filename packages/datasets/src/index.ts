export { MAX_CATEGORIES } from "./column-in-progress.ts";
export { createInspector, type Inspector, InspectorBusy } from "./create-inspector.ts";
export { MAX_CLASSES } from "./encode-target.ts";
export { inputShape } from "./input-shape.ts";
export { type InspectRequest, type InspectResult, inspectFile } from "./inspect-file.ts";
export { type Part, type PreparedData, prepareData } from "./prepare-data.ts";
export { CorruptTable, readTable } from "./read-table.ts";
export { seededOrder } from "./seeded-order.ts";
export { MISSING_CODE, type Table, type TableColumn } from "./table.ts";
