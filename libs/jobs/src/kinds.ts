/** Kinds of jobs. Each has a planner in the rootcoord, which says of which tasks it consists. */
export const jobKinds = ["import"] as const;
export type JobKind = (typeof jobKinds)[number];

/** Kinds of tasks. Each has code in the datanode, and an input that a planner gives it. */
export const taskKinds = ["import"] as const;
export type TaskKind = (typeof taskKinds)[number];
