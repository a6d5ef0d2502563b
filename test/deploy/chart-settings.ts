// What the chart's schema says of the program's settings follows from their definitions. A test compares the two; run as a
// program, this file writes them into the schema: `node --conditions=source test/deploy/chart-settings.ts`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsOf } from "@sluice/cluster";
import { kebabName, type Setting, type SettingsDefinition } from "@sluice/config";
import { roles } from "@sluice/standalone";

/** The chart's schema of values, which this file writes anew. */
export const schemaFile = join(import.meta.dirname, "../../helm/sluice/values.schema.json");

/** The settings of each kind of process. */
export const roleSettings: Readonly<Record<string, SettingsDefinition>> = Object.fromEntries(
  roles.map((role) => [role.name, settingsOf(role)]),
);

/** Every key that a settings file of a cluster may hold. */
export const settingKeys: readonly string[] = [
  ...new Set(Object.values(roleSettings).flatMap((definition) => Object.keys(definition).map(kebabName))),
];

/** Given by values of the chart that are not called like them, or needed by its pods as they are; and secrets. */
export const settingsOfChart: readonly string[] = [
  ...["host", "port", "http-host", "http-port", "advertise-address", "drain-limit", "otlp-endpoint"],
  ...["etcd", "etcd-prefix", "etcd-user", "etcd-password", "etcd-ca", "etcd-cert", "etcd-key", "redis", "redis-ca"],
  ...["s3", "s3-bucket", "s3-prefix", "s3-region", "s3-access-key", "s3-secret-key", "s3-path-style", "s3-checksums"],
  ...["s3-ca", "import-bucket", "source", "credentials-key", "internal-secret", "tls-cert", "tls-key"],
  ...["internal-secret-previous", "internal-tls-cert", "internal-tls-key", "internal-tls-ca"],
];
/** May differ between the services although several have them; the others must be the same wherever they are. */
const settingsThatMayDiffer = ["log-level", "log-pretty"];

type JsonSchema = Readonly<Record<string, unknown>>;

/** Definitions of the schema: what `settings` takes for all services, and what the `settings` of each takes. */
export function settingSchemas(): Record<string, JsonSchema> {
  const all = Object.values(roleSettings).flatMap((definition) => Object.entries(definition));
  const schemas: Record<string, JsonSchema> = { settings: schemaOf(all) };
  for (const [role, definition] of Object.entries(roleSettings)) {
    const own = Object.entries(definition).filter(
      ([name]) =>
        settingsThatMayDiffer.includes(kebabName(name)) || all.filter(([other]) => other === name).length === 1,
    );
    schemas[`${role}Settings`] = schemaOf(own);
  }
  return schemas;
}

function schemaOf(settings: readonly (readonly [string, Setting])[]): JsonSchema {
  const named = settings.map(([name, setting]) => [kebabName(name), setting] as const);
  const taken = named.filter(([name]) => !settingsOfChart.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const properties = Object.fromEntries(taken.map(([name, setting]) => [name, valueSchemaOf(setting)]));
  return { type: "object", additionalProperties: false, properties };
}

function valueSchemaOf(setting: Setting): JsonSchema {
  const { description } = setting;
  switch (setting.type) {
    case "string":
      return { description, ...(setting.choices ? { enum: [...setting.choices] } : { type: "string" }) };
    case "int": {
      const { min, max } = setting;
      return {
        description,
        type: "integer",
        ...(min !== undefined && { minimum: min }),
        ...(max !== undefined && { maximum: max }),
      };
    }
    case "bytes":
      return { description, type: "string", pattern: "^[0-9]+(\\.[0-9]+)? ?([KMGTkmgt][Ii]?)?[Bb]?$" };
    case "duration":
      return { description, type: "string", pattern: "^(0|[0-9]+(\\.[0-9]+)? ?(ms|s|m|h|d))$" };
    case "boolean":
      return { description, type: "boolean" };
    case "list":
      return { description, type: "array", items: { type: "string" } };
  }
}

if (import.meta.main) {
  const schema = JSON.parse(readFileSync(schemaFile, "utf8"));
  Object.assign(schema.definitions, settingSchemas());
  writeFileSync(schemaFile, `${JSON.stringify(schema, undefined, 2)}\n`);
}
