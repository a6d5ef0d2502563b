import { Command, InvalidArgumentError, Option } from "commander";
import { RefusedError } from "../client/rest-client.ts";
import { note, say, showJson, shown, showTable } from "../show/tables.ts";
import { collectionsOf, parseCount, type ServerOptions, serverCommand } from "./common.ts";

/** Milvus's code. */
const COLLECTION_NOT_FOUND = 100;
const COLLECTION_NOT_LOADED = 101;

/** `sluice collections`, with a command for each of what it does. */
export function collectionsCommand(): Command {
  const commands = new Command("collections").description("collections: list, show, load, drop");
  commands.addCommand(
    serverCommand("list", "names of all collections").action(async (options: ServerOptions) => {
      using collections = await collectionsOf(options);
      const names = await collections.list();
      if (options.json) showJson(names);
      else names.forEach(say);
    }),
  );
  commands.addCommand(serverCommand("show", "fields and rows of one").argument("<name>").action(show));
  commands.addCommand(
    serverCommand("load", "make its rows answer queries and searches")
      .argument("<name>")
      .action(async (name: string, options: ServerOptions) => {
        using collections = await collectionsOf(options);
        await collections.load(name);
        if (options.json) showJson({ name, isLoaded: true });
      }),
  );
  commands.addCommand(
    serverCommand("drop", "with all of its rows")
      .argument("<name>")
      .action(async (name: string, options: ServerOptions) => {
        using collections = await collectionsOf(options);
        const isThere = await collections.has(name);
        await collections.drop(name);
        if (options.json) showJson({ name, isDropped: isThere });
        else if (!isThere) note(`there was no collection ${name}`);
      }),
  );
  return commands;
}

async function show(name: string, options: ServerOptions): Promise<void> {
  using collections = await collectionsOf(options);
  const { fields, rows, segments } = await collections.describe(name);
  if (options.json) return showJson({ name, rows, segments: segments.length, fields });
  say(`${name}: ${rows} rows in ${segments.length} ${segments.length === 1 ? "segment" : "segments"}`);
  showTable(
    ["field", "type", ""],
    fields.map((field) => [field.field, field.type, field.about]),
  );
}

/** `sluice segments`. */
export function segmentsCommand(): Command {
  return serverCommand("segments", "visible segments of a collection")
    .argument("<collection>")
    .action(async (name: string, options: ServerOptions) => {
      using collections = await collectionsOf(options);
      const { segments } = await collections.describe(name);
      const rows = segments.map(({ segmentID, partitionID, numRows, state }) => ({
        segmentID,
        partitionID,
        numRows,
        state,
      }));
      if (options.json) return showJson(rows);
      showTable(
        ["segment", "partition", "rows"],
        rows.map((row) => [row.segmentID, row.partitionID, row.numRows]),
      );
    });
}

interface QueryOptions extends ServerOptions {
  readonly fields?: string;
  readonly groupBy?: string;
  readonly orderBy?: string;
  readonly limit: number;
}

/** `sluice query`; unless told otherwise at most 20 rows. */
export function queryCommand(): Command {
  return serverCommand("query", "rows that an expression selects")
    .argument("<collection>")
    .argument("[expression]", "such as 'year > 1980 and title like \"A%\"'; all rows unless given", "")
    .option("--fields <A,B>", "fields of the answer, or count(*), sum(A), avg(A), min(A), max(A); * = all", "*")
    .option("--group-by <A,B>", "a row for each group of rows with the same values")
    .option("--order-by <A:desc,B>", "order of the rows, or of the groups")
    .option("--limit <N>", "at most so many rows", parseCount, 20)
    .addOption(new Option("--filter <EXPRESSION>").argParser(notAnOption).hideHelp())
    .action(query);
}

/** Other commands have it as an option, since their argument is a collection alone. */
function notAnOption(expression: string): never {
  throw new InvalidArgumentError(
    `The expression stands behind the collection: sluice query COLLECTION '${expression.replaceAll("'", "'\\''")}'.`,
  );
}

async function query(collection: string, expression: string, options: QueryOptions): Promise<void> {
  using collections = await collectionsOf(options);
  const fields = (options.fields ?? "*").split(",").map((field) => field.trim());
  const { groupBy, orderBy } = options;
  // Of all rows together there is one row.
  const isOneRow = groupBy === undefined && fields.some((field) => field.endsWith(")"));
  const limit = isOneRow ? undefined : options.limit;
  const params = { limit, group_by_fields: groupBy, order_by_fields: orderBy };
  const asked = collections.query(collection, expression, groupBy && fields[0] === "*" ? [] : fields, params);
  const rows = await asked.catch((error: unknown) => {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (code === COLLECTION_NOT_FOUND)
      throw new RefusedError(code, `${message}: "sluice collections list" says which there are`);
    if (code !== COLLECTION_NOT_LOADED) throw error;
    throw new RefusedError(code, `${message}: "sluice collections load ${collection}" makes it answer`);
  });
  if (options.json) {
    for (const row of rows) showJson(row);
    return;
  }
  const names = [...new Set(rows.flatMap(Object.keys))];
  showTable(
    names,
    rows.map((row) => names.map((name) => cut(shown(row[name])))),
  );
}

function cut(text: string): string {
  return process.stdout.isTTY && text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
