import type { ComponentChildren } from "preact";

interface NoticeProps {
  readonly kind: "error" | "warning" | "info" | "done";
  readonly children: ComponentChildren;
}

/** Something that the reader should know; errors are read out at once. */
export function Notice({ kind, children }: NoticeProps) {
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** Why something cannot be shown; nothing without an error. */
export function ErrorNotice({ error }: { readonly error: Error | undefined }) {
  return error && <Notice kind="error">{error.message}</Notice>;
}
