import { useId, useLayoutEffect, useRef } from "preact/hooks";

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
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const answer = (isConfirmed: boolean) => {
    // Gives the focus back to where it was, which leaving the page does not.
    dialog.current?.close();
    onAnswer(isConfirmed);
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        answer(false);
      }}
    >
      <h2 id={id}>{title}</h2>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" onClick={() => answer(false)}>
          Leave it
        </button>
        <button type="button" class={isHarmful ? "harmful" : "primary"} onClick={() => answer(true)}>
          {verb}
        </button>
      </div>
    </dialog>
  );
}
