import { useState } from "preact/hooks";
import { ErrorNotice } from "../parts/notice.tsx";
import { rest } from "../session.ts";

interface LoadButtonProps {
  readonly name: string;
  /** As `collections/describe` says it. */
  readonly load: string;
  readonly onDone: () => void;
}

/** Loads a collection that is not, so that it can be queried. */
export function LoadButton({ name, load, onDone }: LoadButtonProps) {
  const [error, setError] = useState<Error>();
  if (load === "LoadStateLoaded") return null;
  const run = () => rest.post("collections/load", { collectionName: name }).then(onDone, setError);
  return (
    <>
      <button type="button" onClick={() => void run()}>
        Load it
      </button>
      <ErrorNotice error={error} />
    </>
  );
}
