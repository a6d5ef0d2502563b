import type { Handlers, rootCoord } from "@sluice/rpc";

type All = Handlers<rootCoord.RootCoordServer>;

/** One handler for each method of the rootcoord. They throw StatusError for what they refuse. */
export type RootCoordHandlers = {
  readonly [K in keyof All]: (request: Parameters<All[K]>[0]) => Promise<Awaited<ReturnType<All[K]>>>;
};
