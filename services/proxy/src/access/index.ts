export { accessRoutes } from "../http/access-routes.ts";
export { routeGuards } from "./rest-guard.ts";
export { rpcGuards } from "./rpc-demands.ts";
