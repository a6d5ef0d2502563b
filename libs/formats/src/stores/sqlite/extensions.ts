/** What names of databases end with. */
export const EXTENSIONS = [".sqlite", ".sqlite3", ".db", ".db3"];
