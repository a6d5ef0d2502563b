import { type FileRef, openFiles } from "@sluice/formats";
import {
  type NamedStorage,
  openMoreSources,
  type Secrets,
  type SourceRef,
  type Sources,
  SourceUse,
} from "@sluice/object-store";
import type { StorageUse } from "@sluice/telemetry";
import type { OpenFiles } from "../tasks/task-kind.ts";

/** What the tasks of one thread read from: the sources of the settings, and for each task those that its job brings. */
export class TaskSources {
  readonly #sources: Sources;
  readonly #secrets: Secrets;
  readonly #use = new SourceUse();

  constructor(sources: Sources, secrets: Secrets) {
    this.#sources = sources;
    this.#secrets = secrets;
  }

  /** What was done with all files since the last time. */
  take(): StorageUse[] {
    return this.#use.take();
  }

  /** See `TaskContext.openFiles`. @param secrets of what the task brings */
  async open(
    refs: readonly FileRef[],
    brought: readonly NamedStorage[] = [],
    secrets: Secrets = {},
  ): Promise<OpenFiles> {
    await using opened = new AsyncDisposableStack();
    const sources =
      brought.length > 0
        ? opened.use(await openMoreSources(this.#sources, brought, { ...this.#secrets, ...secrets }))
        : this.#sources;
    const counted = { open: async (ref: SourceRef) => this.#use.counted(await sources.open(ref)) };
    const { files } = opened.use(await openFiles(counted, refs));
    const all = opened.move();
    return { files, [Symbol.asyncDispose]: () => all.disposeAsync() };
  }
}
