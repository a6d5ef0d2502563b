import { StatusError, statusCodes } from "@sluice/errors";
import { DataType } from "@sluice/schema";

/** How near two vectors are. Source: query-and-search §5.1. */
export type Metric = "L2" | "IP" | "COSINE" | "HAMMING" | "JACCARD" | "BM25";

/** Metrics of a type of vectors, its default first. */
const metricsOf: Readonly<Partial<Record<DataType, readonly Metric[]>>> = {
  [DataType.FloatVector]: ["COSINE", "L2", "IP"],
  [DataType.Float16Vector]: ["COSINE", "L2", "IP"],
  [DataType.BFloat16Vector]: ["COSINE", "L2", "IP"],
  [DataType.Int8Vector]: ["COSINE", "L2", "IP"],
  [DataType.BinaryVector]: ["HAMMING", "JACCARD"],
  [DataType.SparseFloatVector]: ["IP"],
};

/** Of vectors that a BM25 function has made. */
const termMetrics: readonly Metric[] = ["BM25"];

/** Whether less is nearer. */
export function isDistance(metric: Metric): boolean {
  return metric === "L2" || metric === "HAMMING" || metric === "JACCARD";
}

/**
 * The metric of a search: the index's, else what was asked for, else the type's default.
 * @param isTerms whether a BM25 function computes the field
 * @throws {StatusError} 1100 when the request contradicts the index, or the type has no such metric
 */
export function metricFor(dataType: DataType, asked: string, ofIndex: string, isTerms: boolean): Metric {
  const [wanted, indexed] = [asked.toUpperCase(), ofIndex.toUpperCase()];
  if (wanted !== "" && indexed !== "" && wanted !== indexed)
    refuse(`metric type not match: invalid parameter[expected=${indexed}][actual=${wanted}]`);
  const known = isTerms ? termMetrics : (metricsOf[dataType] ?? []);
  const name = plainMetric(wanted || indexed) || known[0];
  const metric = known.find((candidate) => candidate === name);
  if (metric) return metric;
  return refuse(
    `metric type ${name} is not supported for this field: use one of ${known.join(", ")}: invalid parameter`,
  );
}

/** What the best vectors of lists are found by. */
function plainMetric(name: string): string {
  return name === "MAX_SIM" ? "COSINE" : name.replace(/^MAX_SIM_/, "");
}

/** A score as float32, rounded half away from zero where it is asked. @param power 10 ^ decimals; 0 = as it is */
export function asAnswered(score: number, power: number): number {
  if (power === 0) return Math.fround(score);
  return Math.fround((Math.sign(score) * Math.round(Math.abs(Math.fround(score)) * power)) / power);
}

/** @param decimals undefined = all */
export function powerOf(decimals: number | undefined): number {
  return decimals === undefined ? 0 : 10 ** decimals;
}

/** Code 1100. @throws {StatusError} always */
export function refuse(reason: string): never {
  throw new StatusError(statusCodes.invalidParameter, reason);
}
