import { cloudSettings, embeddingSettings, type RoleSettings } from "@sluice/cluster";
import { defineSettings } from "@sluice/config";

/** Settings of proxies, beside those that every process has. */
export const proxySettings = defineSettings({
  ...embeddingSettings,
  ...cloudSettings,
  embeddingWait: {
    type: "duration",
    default: "20s",
    min: 100,
    description:
      "how long an insert or upsert waits for a model to answer a request, where its client sets no deadline",
  },
  authorizationEnabled: {
    type: "boolean",
    default: false,
    description: "ask every caller for a user and a password, and let them do what their roles grant",
  },
  auditLog: {
    type: "string",
    placeholder: "file",
    description: "file that gets a JSON line for each call that changes something, and for each that is denied",
  },
  auditReads: { type: "boolean", default: false, description: "write calls that read into the audit log too" },
  requestRate: {
    type: "int",
    default: 0,
    min: 0,
    description: "calls a second that each client may make, by user or address, twice as many at once; 0: any number",
  },
  tlsCert: {
    type: "string",
    placeholder: "file",
    description:
      "certificate chain, PEM, for gRPC, REST and uploads by TLS, on the port of all else; read anew when it changes",
  },
  tlsKey: { type: "string", placeholder: "file", description: "key of the certificate, PEM" },
  tlsClientCa: {
    type: "string",
    placeholder: "file",
    description:
      "certificate authorities, PEM, one of which must have signed what clients show; connections without TLS are refused then",
  },
  uploadEndpoint: {
    type: "string",
    placeholder: "host[:port]",
    description: "where uploaders reach this server by https; default: where they have asked for credentials",
  },
});

/** Values of these, and of those of every process. */
export type ProxySettings = RoleSettings<typeof proxySettings>;
