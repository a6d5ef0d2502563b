interface ProgressProps {
  readonly label: string;
  readonly percent: number;
}

/** A bar, and its figure beside it. */
export function Progress({ label, percent }: ProgressProps) {
  return (
    <span class="progress">
      <progress aria-label={label} max={100} value={percent} />
      <span>{percent} %</span>
    </span>
  );
}
