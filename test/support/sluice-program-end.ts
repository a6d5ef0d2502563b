/** Of jest: called once after all tests. */
export { removeBundle as default } from "./sluice-program.ts";
