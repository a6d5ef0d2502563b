import { scoreElements } from "./score-elements.ts";
import { scoreLists } from "./score-lists.ts";

// What compares rows that have lists of vectors. Threads load it when some come: it needs more modules than all else that they do.

export { scoreElements, scoreLists };

/** This file, loaded. */
export interface ListScorers {
  readonly scoreElements: typeof scoreElements;
  readonly scoreLists: typeof scoreLists;
}
