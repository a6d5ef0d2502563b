export type { EtcdOptions } from "./etcd-connection.ts";
export { EtcdMetaStore } from "./etcd-meta-store.ts";
