export { EtcdMetaStore, type EtcdOptions } from "./etcd-meta-store.ts";
