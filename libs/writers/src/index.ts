export { type FileFormName, fileForm } from "./file-forms.ts";
export type { FileWriter } from "./file-writer.ts";
