import { checkModelParams, ModelParamError } from "@sluice/embedding";
import { excerpt } from "@sluice/errors";
import { AnalyzerError, analyzerOf, MinHashParamError, minHashParams, multiAnalyzerOf } from "@sluice/functions";
import { schema as wire } from "@sluice/rpc";
import { DataType, dataTypeName } from "@sluice/schema";
import { invalid } from "./refusals.ts";
import { typeParam } from "./type-params.ts";

const { FunctionType } = wire;
type Field = wire.FieldSchema;
type FunctionMessage = wire.FunctionSchema;

const FIRST_FUNCTION = 100n;

/** Checks the functions of a schema, and the analyzers of its text. Source: around-import §4.5. @throws {StatusError} 1100 */
export function checkFunctions({ fields, functions }: wire.CollectionSchema): void {
  for (const field of fields) checkAnalyzer(field, fields);
  const [names, outputs] = [new Set<string>(), new Set<string>()];
  for (const one of functions) {
    if (one.name === "") throw invalid("function name cannot be empty");
    if (names.has(one.name)) throw invalid(`duplicate function name ${excerpt(one.name)}`);
    names.add(one.name);
    checkFunction(one, fields);
    for (const output of one.outputFieldNames) {
      if (outputs.has(output)) throw invalid(`duplicate function output field name ${excerpt(output)}`);
      outputs.add(output);
    }
  }
  const chained = functions.flatMap(({ inputFieldNames }) => inputFieldNames).find((name) => outputs.has(name));
  if (chained !== undefined)
    throw invalid(`function input field cannot be the output of another function: ${excerpt(chained)}`);
  const orphan = fields.find(({ name, isFunctionOutput }) => isFunctionOutput && !outputs.has(name));
  if (orphan) throw invalid(`field ${orphan.name} is marked as a function's output, and no function has it as one`);
}

function checkFunction(one: FunctionMessage, fields: readonly Field[]): void {
  const inputs = one.inputFieldNames.map((name) => named(fields, name, "input"));
  const outputs = one.outputFieldNames.map((name) => named(fields, name, "output"));
  for (const output of outputs) checkOutput(output);
  switch (one.type) {
    case FunctionType.BM25:
      checkBm25(one, inputs, outputs);
      break;
    case FunctionType.MinHash:
      checkMinHash(one, inputs, outputs);
      break;
    case FunctionType.TextEmbedding:
      checkTextEmbedding(one, inputs, outputs);
      break;
    default:
      throw invalid(
        `functions of type ${typeOf(one)} are not supported by this server: ${excerpt(one.name)} (compute its output before the import, and give it as a field)`,
      );
  }
}

function typeOf({ type }: FunctionMessage): string {
  return Object.entries(FunctionType).find(([, number]) => number === type)?.[0] ?? String(type);
}

function named(fields: readonly Field[], name: string, what: string): Field {
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw invalid(`function ${what} field not found: ${excerpt(name)}`);
  return field;
}

function checkOutput({ name, isPrimaryKey, isPartitionKey, isClusteringKey, nullable }: Field): void {
  if (isPrimaryKey) throw invalid(`function output field cannot be primary field: ${name}`);
  if (isPartitionKey || isClusteringKey)
    throw invalid(`function output field cannot be partition key or clustering key field: ${name}`);
  if (nullable) throw invalid(`function output field cannot be nullable: ${name}`);
}

function checkBm25({ params }: FunctionMessage, inputs: readonly Field[], outputs: readonly Field[]): void {
  if (params.length > 0) throw invalid("BM25 function accepts no params");
  const [input] = inputs;
  if (inputs.length !== 1 || !isText(input))
    throw invalid(
      `BM25 function input field must be a VARCHAR/TEXT field, got ${inputs.length} field with type ${input ? dataTypeName(input.dataType) : "None"}`,
    );
  if (!isOn(input, "enable_analyzer")) throw invalid("BM25 function input field must set enable_analyzer to true");
  const [output] = outputs;
  if (outputs.length !== 1) throw invalid(`BM25 function only need 1 output field, but got ${outputs.length}`);
  if ((output.dataType as number) !== DataType.SparseFloatVector)
    throw invalid(
      `BM25 function output field must be a SparseFloatVector field, but got ${dataTypeName(output.dataType)}`,
    );
}

function checkMinHash(one: FunctionMessage, inputs: readonly Field[], outputs: readonly Field[]): void {
  const [[input], [output]] = [inputs, outputs];
  if (inputs.length !== 1 || !isText(input))
    throw invalid(`MinHash function input field must be one VARCHAR/TEXT field, got ${inputs.length} fields`);
  if (typeParam(input, "multi_analyzer_params") !== undefined)
    throw invalid(
      `multi analyzer now only support for bm25, but now field ${input.name} is input of a MinHash function (give it analyzer_params)`,
    );
  if (outputs.length !== 1 || (output.dataType as number) !== DataType.BinaryVector)
    throw invalid(`MinHash function output field must be one BinaryVector field, got ${outputs.length} fields`);
  try {
    minHashParams(paramsOf(one), Number(typeParam(output, "dim") ?? 0));
  } catch (error) {
    if (error instanceof MinHashParamError) throw invalid(error.message);
    throw error;
  }
}

/** What can be said of it without asking its server, which `checkModels` does. */
function checkTextEmbedding(one: FunctionMessage, inputs: readonly Field[], outputs: readonly Field[]): void {
  const [[input], [output]] = [inputs, outputs];
  if (outputs.length !== 1)
    throw invalid(`text function should only have one output field, but now is ${outputs.length}`);
  if (!vectorsOfModels.has(output.dataType as number))
    throw invalid("TextEmbedding function output field must be a FloatVector or Int8Vector field");
  if (inputs.length !== 1 || !isText(input))
    throw invalid("TextEmbedding function input field must be a VARCHAR/TEXT field");
  if (input.nullable)
    throw invalid(`function input field cannot be nullable: function ${excerpt(one.name)}, field ${input.name}`);
  try {
    checkModelParams(paramsOf(one), outputOf(output));
  } catch (error) {
    if (error instanceof ModelParamError) throw invalid(error.message);
    throw error;
  }
}

/** What models know of the field of their vectors. */
export function outputOf(field: Field): { readonly name: string; readonly dim: number; readonly dataType: DataType } {
  const { name, dataType } = field;
  return { name, dim: Number(typeParam(field, "dim") ?? 0), dataType: dataType as number as DataType };
}

const vectorsOfModels: ReadonlySet<number> = new Set([DataType.FloatVector, DataType.Int8Vector]);

function paramsOf({ params }: FunctionMessage): Record<string, string> {
  return Object.fromEntries(params.map(({ key, value }) => [key, value]));
}

/** Whether text is analyzed or not, what is said of its analyzers must be right. */
function checkAnalyzer(field: Field, fields: readonly Field[]): void {
  const [params, several] = [typeParam(field, "analyzer_params"), typeParam(field, "multi_analyzer_params")];
  if (isOn(field, "enable_match") && !isOn(field, "enable_analyzer"))
    throw invalid(`field ${field.name} enables match, but not enable_analyzer: set enable_analyzer to true`);
  if (params !== undefined && isText(field)) built(field, () => analyzerOf(params));
  if (several === undefined) return;
  if (isOn(field, "enable_match"))
    throw invalid(
      `multi analyzer now only support for bm25, but now field ${field.name} enable match (make a field of each language to match words)`,
    );
  if (params !== undefined)
    throw invalid(`field ${field.name} analyzer params should be none if has multi analyzer params`);
  checkNames(built(field, () => multiAnalyzerOf(several)).byField, fields);
}

/** What names analyzers is a text of the row. */
function checkNames(byField: string, fields: readonly Field[]): void {
  const names = fields.find(({ name }) => name === byField);
  if (!names) throw invalid(`multi analyzer dependent field ${excerpt(byField)} not exist in the collection`);
  if (names.dataType !== DataType.VarChar)
    throw invalid(`multi analyzer params now only support by string field, but field ${names.name} is not string`);
}

function built<T>({ name }: Field, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof AnalyzerError)) throw error;
    throw invalid(`build analyzer of field ${name} failed: ${error.message}`);
  }
}

function isText({ dataType }: Field): boolean {
  return dataType === DataType.VarChar || (dataType as number) === DataType.Text;
}

function isOn(field: Field, param: string): boolean {
  return typeParam(field, param)?.toLowerCase() === "true";
}

/** The functions with numbers, their fields by id. @param fields numbered */
export function numberedFunctions(functions: readonly FunctionMessage[], fields: readonly Field[]): FunctionMessage[] {
  const idOf = (name: string) => fields.find((field) => field.name === name)?.fieldID ?? 0n;
  return functions.map((one, i) => ({
    ...one,
    id: FIRST_FUNCTION + BigInt(i),
    inputFieldIds: one.inputFieldNames.map(idOf),
    outputFieldIds: one.outputFieldNames.map(idOf),
  }));
}
