export { EtcdMetaStore } from "./etcd-meta-store.ts";
export type { EtcdOptions } from "./open-etcd-client.ts";
