import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType, isDenseVector } from "@sluice/schema";
import type { FieldPlan, Target } from "../../../plan/field-plan.ts";
import { FileWindows, NEEDS_MORE, skipMark } from "../../file-windows.ts";
import { Skim } from "./skim.ts";
import { WindowCursor } from "./window-cursor.ts";

/** A member of a file of columns. */
export interface FoundColumn {
  readonly name: string;
  readonly source: SourceFile;
  /** Where its values lie; absent where it is no column, but a single value or an object with columns. */
  readonly values?: ColumnValues;
  /** The columns in an object that the mapping looks into. */
  readonly inside: readonly FoundColumn[];
  /** Offset of what stands there. */
  readonly offset: number;
}

/** Where the values of a column lie in the file. */
export interface ColumnValues {
  /** Offset behind the opening bracket. */
  readonly start: number;
  /** Offset behind the closing one. */
  readonly end: number;
  /** They are members of an object: each has its label before it, as pandas writes them. */
  readonly isLabelled: boolean;
  readonly count: number;
  /** Bytes of the longest. */
  readonly maxBytes: number;
}

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, COMMA] = [0x7b, 0x7d, 0x5b, 0x2c];
/** Members of all objects of a file: each costs some hundred bytes. */
const MAX_MEMBERS = 65_536;
const CHUNK_BYTES = 4 << 20;
const MIN_CHUNK_BYTES = 64 << 10;

/**
 * Finds the columns of a file in one pass over it, without parsing their values.
 * @param path keys that lead to the object whose members are the columns
 * @throws {ImportError} `malformed_file`; `unsupported` for a file that cannot be read at several places
 */
export async function findColumns(
  source: SourceFile,
  path: readonly string[],
  plan: FieldPlan | undefined,
  signal: AbortSignal,
): Promise<FoundColumn[]> {
  if (!source.supports.randomAccess)
    throw new ImportError("unsupported", "columns of JSON are read side by side: decompress the file first", {
      file: source.path,
    });
  const chunkBytes = Math.max(MIN_CHUNK_BYTES, Math.min(CHUNK_BYTES, source.sizeBytes + 1));
  const windows = new FileWindows(source, { chunkBytes, start: 0, signal });
  const finder = new ColumnFinder(source, windows, signal);
  try {
    return await finder.all(path, plan);
  } finally {
    await finder.close();
  }
}

class ColumnFinder extends WindowCursor {
  readonly #source: SourceFile;
  #memberCount = 0;

  constructor(source: SourceFile, windows: FileWindows, signal: AbortSignal) {
    super(source.path, windows, signal);
    this.#source = source;
  }

  async all(path: readonly string[], plan: FieldPlan | undefined): Promise<FoundColumn[]> {
    await this.more();
    this.at = skipMark(this.scanner.window, this.at);
    const first = await this.read((at) => this.scanner.blanks(at), true);
    const found =
      this.scanner.bytes[first] === OPEN_LIST
        ? [await this.#column(baseName(this.#source.path), undefined)]
        : await this.#objectAt(path, plan);
    await this.#end();
    return found;
  }

  /** The members of the object at `path`; what stands beside the path is passed over. */
  async #objectAt([step, ...rest]: readonly string[], plan: FieldPlan | undefined): Promise<FoundColumn[]> {
    if (step === undefined) return this.#members((name) => plan?.target(name), plan);
    let found: FoundColumn[] = [];
    await this.#eachMember(async (name) => {
      if (name === step) found = await this.#objectAt(rest, plan);
      else await this.#skip(false);
    });
    return found;
  }

  async #members(targetOf: (name: string) => Target | undefined, plan: FieldPlan | undefined): Promise<FoundColumn[]> {
    const found: FoundColumn[] = [];
    await this.#eachMember(async (name) => {
      const target = targetOf(name);
      const isInside = target?.kind === "inside" && this.byte === OPEN_OBJECT;
      const offset = this.offset;
      if (isInside) {
        const inside = await this.#members((inner) => target.names.get(inner), plan);
        found.push({ name, source: this.#source, inside, offset });
      } else
        found.push(
          await this.#column(
            name === "values" && !isKnown(target) ? baseName(this.#source.path) : name,
            isVector(target, plan),
          ),
        );
    });
    return found;
  }

  /** Calls `take` at the value of each member of the object, which has to pass over it. */
  async #eachMember(take: (name: string) => Promise<void>): Promise<void> {
    const scanner = this.scanner;
    if (this.byte !== OPEN_OBJECT) scanner.syntax(this.at, "an object of columns");
    await this.read((at) => this.known(scanner.blanks(at + 1)));
    while (this.byte !== CLOSE_OBJECT) {
      this.signal.throwIfAborted();
      if (++this.#memberCount > MAX_MEMBERS)
        this.scanner.invalid(this.at, `the file has more than ${MAX_MEMBERS} columns`);
      let name = "";
      await this.read((at) => {
        const end = scanner.keyEnd(at);
        name = scanner.textOf(at, end);
        return this.known(scanner.colon(end));
      });
      await take(name);
      await this.read((at) => {
        const next = this.known(scanner.blanks(at));
        if (scanner.bytes[next] === COMMA) return this.known(scanner.blanks(next + 1));
        return scanner.bytes[next] === CLOSE_OBJECT ? next : scanner.syntax(next, '"," or "}"');
      });
    }
    this.at++;
  }

  /** The column at the present position: a list, an object with labels, or one whose member `values` is the list. */
  async #column(name: string, isVectors = false): Promise<FoundColumn> {
    const [offset, opening] = [this.offset, this.byte];
    const base = { name, source: this.#source, inside: [], offset };
    if (opening !== OPEN_LIST && opening !== OPEN_OBJECT) {
      await this.#skip(false);
      return base;
    }
    if (opening === OPEN_OBJECT && (await this.#holdsValues())) {
      let values: ColumnValues | undefined;
      await this.#eachMember(async (inner) => {
        const skim = await this.#skim(isVectors);
        if (inner === "values") values = skim;
      });
      return { ...base, ...(values && { values }) };
    }
    return { ...base, values: await this.#skim(isVectors) };
  }

  /** Whether the first member of the object is a list called `values`. */
  async #holdsValues(): Promise<boolean> {
    const scanner = this.scanner;
    let holds = false;
    const start = this.offset;
    await this.read((at) => {
      const key = this.known(scanner.blanks(at + 1));
      if (scanner.bytes[key] === CLOSE_OBJECT) return at;
      const end = scanner.keyEnd(key);
      holds = scanner.textOf(key, end) === "values" && scanner.bytes[this.known(scanner.colon(end))] === OPEN_LIST;
      return at;
    });
    this.at = start - scanner.window.base;
    return holds;
  }

  async #skim(isVectors: boolean): Promise<ColumnValues> {
    const isLabelled = this.byte === OPEN_OBJECT;
    if (!isLabelled && this.byte !== OPEN_LIST) this.scanner.syntax(this.at, "a list");
    const start = this.offset + 1;
    const skim = new Skim(isVectors);
    for (;;) {
      const window = this.scanner.window;
      const end = skim.pass(window, this.at);
      if (end >= 0) {
        this.at = end;
        const closing = this.scanner.bytes[end - 1];
        if (closing !== (isLabelled ? CLOSE_OBJECT : 0x5d)) this.scanner.syntax(end - 1, "the end of the column");
        return { start, end: this.offset, isLabelled, count: skim.count, maxBytes: skim.maxBytes };
      }
      this.at = window.end;
      if (window.isLast) this.scanner.syntax(window.end, "the end of the column");
      await this.more();
      this.at += ~end;
    }
  }

  async #skip(isVectors: boolean): Promise<void> {
    if (this.byte === OPEN_LIST || this.byte === OPEN_OBJECT) await this.#skim(isVectors);
    else await this.read((at) => this.scanner.skipValue(at));
  }

  async #end(): Promise<void> {
    const scanner = this.scanner;
    await this.read((at) => {
      const end = scanner.blanks(at);
      if (end < scanner.end) scanner.syntax(end, "the end of the file");
      if (!scanner.window.isLast) throw NEEDS_MORE;
      return end;
    });
  }
}

function isKnown(target: Target | undefined): boolean {
  return target !== undefined && target.kind !== "extra";
}

function isVector(target: Target | undefined, plan: FieldPlan | undefined): boolean {
  const type = target?.kind === "field" ? plan?.schema.fields[target.index].dataType : undefined;
  return type !== undefined && type !== DataType.SparseFloatVector && isDenseVector(type);
}

/** What names a file's only column. */
function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
}
