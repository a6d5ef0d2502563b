interface StateBadgeProps {
  readonly state: string;
  readonly isPaused?: boolean;
}

const kinds: Readonly<Record<string, string>> = {
  Completed: "done",
  Failed: "error",
  RolledBack: "warning",
  Uncommitted: "warning",
  Cancelled: "warning",
  NotBegun: "quiet",
  Pending: "quiet",
};

/** A state in a word; colour says it again, never alone. */
export function StateBadge({ state, isPaused = false }: StateBadgeProps) {
  return <span class={`badge ${isPaused ? "warning" : (kinds[state] ?? "busy")}`}>{isPaused ? "Paused" : state}</span>;
}
