export { excerpt, excerptOfBytes, excerptOfList } from "./excerpt.ts";
export {
  type ErrorSpec,
  errorOf,
  type Failure,
  failureOf,
  formatLocation,
  ImportError,
  type ImportErrorCode,
  importErrors,
  locate,
  type SourceLocation,
} from "./import-error.ts";
export { didYouMean } from "./near-names.ts";
export * from "./status-error.ts";
export * from "./unexpected.ts";
