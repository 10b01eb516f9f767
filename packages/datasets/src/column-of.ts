import type { Column } from "@descent/contracts";
import type { Table, TableColumn } from "./table.ts";

/** A column's profile and data by its name. @throws Error when the data set has no such column */
export function columnOf(table: Table, name: string): { profile: Column; data: TableColumn } {
  const index = table.profile.columns.findIndex((column) => column.name === name);
  const profile = table.profile.columns[index];
  const data = table.columns[index];
  if (profile === undefined || data === undefined)
    throw new Error(`the data set has no column '${name}'`);
  return { profile, data };
}

/** A row that has no value in a column the job uses; row 0 of the data is row 1 in words. */
export function missingValue(name: string, row: number): Error {
  return new Error(`row ${row + 1} has no value in column '${name}'`);
}
