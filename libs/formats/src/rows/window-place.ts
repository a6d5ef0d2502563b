import type { SourceLocation } from "@sluice/errors";
import type { FileWindow } from "./file-windows.ts";

/** A window of a file of rows, and where in it a reader is: what errors say. */
export abstract class WindowPlace {
  readonly path: string;
  window!: FileWindow;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  end = 0;
  /** Row under construction, from 0; -1 outside of rows. */
  row = -1;
  /** Field whose value is read; undefined between fields. */
  field: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Goes on in another window: positions in the last one mean nothing any more. */
  open(window: FileWindow): void {
    this.window = window;
    this.bytes = window.bytes;
    this.view = window.view;
    this.end = window.end;
  }

  /** @param p in the window */
  at(p: number): SourceLocation {
    return {
      file: this.path,
      ...(this.row >= 0 && { row: this.row }),
      ...(this.field !== undefined && { field: this.field }),
      byteOffset: this.window.base + p,
    };
  }
}
