import type { TaskOutcome } from "../tasks/task-kind.ts";

/** Warnings about one group of files; each kind of fault names itself once, so more of them say nothing new. */
const MAX_GROUP_WARNINGS = 50;
/** Warnings of one attempt: of each of many small files one has room. */
const MAX_WARNINGS = 500;

/** What one attempt warns of, each text about a group once. */
export class WarningList {
  readonly #groups = new Map<number, Set<string>>();
  #size = 0;
  #leftOut = 0;

  /** Left out, and counted, when there are too many of a group or in all. */
  add(text: string, group = 0): void {
    const texts = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, texts);
    if (texts.has(text)) return;
    if (texts.size >= MAX_GROUP_WARNINGS || this.#size >= MAX_WARNINGS) {
      this.#leftOut++;
      return;
    }
    texts.add(text);
    this.#size++;
  }

  /** All of them, with the groups they are about unless there is but one; and how many had no room. */
  listed(): Pick<TaskOutcome, "warnings" | "warningGroups"> {
    const said = [...this.#groups].flatMap(([group, texts]) => [...texts].map((text) => [text, group] as const));
    if (this.#leftOut > 0) said.push([`${this.#leftOut} more warnings are not shown`, said.at(-1)?.[1] ?? 0]);
    const warnings = said.map(([text]) => text);
    return said.some(([, group]) => group > 0)
      ? { warnings, warningGroups: said.map(([, group]) => group) }
      : { warnings };
  }
}
