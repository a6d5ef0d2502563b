/** The kinds of process of a cluster. */
export type RoleName = "proxy" | "rootcoord" | "datacoord" | "datanode" | "querynode";
