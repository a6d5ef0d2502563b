import type { Handlers, RootCoordPublicServer, rootCoord } from "@sluice/rpc";

type All = Handlers<rootCoord.RootCoordServer> & Handlers<RootCoordPublicServer>;

/** One handler for each method of the rootcoord, internal and public. They throw StatusError for what they refuse. */
export type RootCoordHandlers = {
  readonly [K in keyof All]: (request: Parameters<All[K]>[0]) => Promise<Awaited<ReturnType<All[K]>>>;
};
