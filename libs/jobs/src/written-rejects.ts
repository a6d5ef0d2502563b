/** A folder of a volume that the rejected rows of a job are written into when it completes, or fails for their number. */
export interface RejectsFolder {
  readonly volumeName: string;
  /** Of the volume that was meant: one that is made anew under the name is another one. */
  readonly volumeId: string;
  /** Of the volume, `""` or ending in `/`. The files of each job lie in a folder of its id below it. */
  readonly folder: string;
}

/** What was written into it. */
export interface WrittenRejects {
  readonly files: number;
  /** Rejected rows whose reasons were written. */
  readonly rows: number;
  readonly sizeBytes: number;
  /** Why not all of them were. */
  readonly refusal?: string;
}

/** The folder of one job, as a path of imports. */
export function rejectsPathOf({ volumeName, folder }: RejectsFolder, jobId: bigint): string {
  return `volume://${volumeName}/${folder}${jobId}/`;
}
