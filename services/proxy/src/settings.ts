import type { RoleSettings } from "@sluice/cluster";
import { defineSettings } from "@sluice/config";

export const proxySettings = defineSettings({
  tlsCert: {
    type: "string",
    placeholder: "file",
    description: "certificate chain, PEM, for uploads into volumes and REST by https, on the port of all else",
  },
  tlsKey: { type: "string", placeholder: "file", description: "key of the certificate, PEM" },
  uploadEndpoint: {
    type: "string",
    placeholder: "host[:port]",
    description: "where uploaders reach this server by https; default: where they have asked for credentials",
  },
});

export type ProxySettings = RoleSettings<typeof proxySettings>;
