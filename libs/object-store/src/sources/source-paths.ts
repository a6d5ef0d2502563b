/** A path that names a scheme: `s3://bucket/key`, `archive://key`. */
export interface SchemePath {
  /** In lower case. */
  readonly scheme: string;
  readonly rest: string;
}

/** Undefined for a path without a scheme. What a scheme leads to is not checked here. */
export function parseScheme(path: string): SchemePath | undefined {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(path) ?? [];
  return scheme === undefined ? undefined : { scheme: scheme.toLowerCase(), rest };
}

/** Schemes that mean something else to somebody, and the name of the source that a job brings: no source is called so. */
const TAKEN_NAMES: ReadonlySet<string> = new Set([
  "s3",
  "s3a",
  "s3n",
  "file",
  "http",
  "https",
  "data-source",
  "volume",
]);

/** @throws {Error} for a name that no source can have */
export function checkSourceName(name: string): void {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`invalid name of a source: ${JSON.stringify(name)}`);
  if (TAKEN_NAMES.has(name)) throw new Error(`"${name}" cannot be the name of a source: it is a scheme of URLs`);
}
