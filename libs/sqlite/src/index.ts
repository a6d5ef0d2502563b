export { SqlDatabase } from "./database.ts";
export type { SqlRecord, SqlValue } from "./record.ts";
export type { SqlTable } from "./table.ts";
