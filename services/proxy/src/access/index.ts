export { rpcGuards } from "./rpc-demands.ts";
