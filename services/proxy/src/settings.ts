import type { RoleSettings } from "@sluice/cluster";
import { defineSettings } from "@sluice/config";

export const proxySettings = defineSettings({
  authorizationEnabled: {
    type: "boolean",
    default: false,
    description: "ask every caller for a user and a password, and let them do what their roles grant",
  },
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
