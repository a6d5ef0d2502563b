/** One row-based file, or one set of column files. */
export interface FileGroup {
  readonly format: string;
  readonly paths: readonly string[];
}
/** Greatest number of file groups in a request. Source: Milvus `dataCoord.import.maxImportFileNumPerReq`. */
export declare const MAX_FILE_GROUPS = 1024;
/**
 * Groups of the flat list that gRPC carries: `.npy` files are one set; of row-based files each is a group of its own, so
 * that several of them are one job (Milvus from 2.4 on refuses more than one).
 */
export declare function groupFlatFiles(files: readonly string[]): FileGroup[];
/** Groups of the nested list that REST carries: each inner list is one row-based file or one set. Empty ones are dropped. */
export declare function groupNestedFiles(groups: readonly (readonly string[])[]): FileGroup[];
/** `jsonl` for `a/b.NDJSON`; undefined when the extension is not one that can be imported. */
export declare function formatOfPath(path: string): string | undefined;
//# sourceMappingURL=group-files.d.ts.map
