import { useEffect, useId, useRef } from "preact/hooks";

interface ConfirmProps {
  readonly title: string;
  /** What will be so. */
  readonly text: string;
  /** The verb on the button. */
  readonly verb: string;
  readonly isHarmful: boolean;
  readonly onAnswer: (isConfirmed: boolean) => void;
}

/** Asks before something is done. Escape and the first button leave things as they are. */
export function Confirm({ title, text, verb, isHarmful, onAnswer }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onAnswer(false);
      }}
    >
      <h2 id={id}>{title}</h2>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" onClick={() => onAnswer(false)}>
          Leave it
        </button>
        <button type="button" class={isHarmful ? "harmful" : "primary"} onClick={() => onAnswer(true)}>
          {verb}
        </button>
      </div>
    </dialog>
  );
}
