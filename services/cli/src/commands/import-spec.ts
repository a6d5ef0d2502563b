import { readFile } from "node:fs/promises";

/** A document of options, as docs/options.md has it, out of a file. */
export interface ImportSpec {
  /** Sent as it stands: integers keep all their digits. */
  readonly text: string;
  /** The collection that it names. */
  readonly collection: string | undefined;
}

interface Document {
  readonly external_data?: null | { readonly target_collection?: unknown };
}

/** What is wrong in it the server says, with its path. @throws {Error} for a file that holds no JSON object */
export async function readSpec(file: string): Promise<ImportSpec> {
  const whole = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`--spec ${file} cannot be read: ${error.code ?? error.message}`);
  });
  // Editors of Windows begin files with a mark that is no JSON.
  const text = whole.replace(/^\ufeff/, "");
  const collection = documentOf(file, text).external_data?.target_collection;
  return { text, collection: typeof collection === "string" ? collection : undefined };
}

function documentOf(file: string, text: string): Document {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Error(`--spec ${file} is no JSON: ${(error as Error).message}`);
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return document as Document;
  throw new Error(`--spec ${file} holds no JSON object: docs/options.md says what it may hold`);
}
