import { cloneElement, type VNode } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  /** What to write, in a few words. */
  readonly hint?: string;
  readonly children: VNode<{ id?: string; "aria-describedby"?: string }>;
}

/** A control with its label and hint, tied to each other. */
export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {cloneElement(children, { id, ...(hint !== undefined && { "aria-describedby": hintId }) })}
      {hint !== undefined && (
        <small id={hintId} class="hint">
          {hint}
        </small>
      )}
    </div>
  );
}
