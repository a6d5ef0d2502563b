import { checkStatus } from "@sluice/rpc";
import type { ProxyContext } from "../context.ts";

/** What files hold, and which collection would take them. */
export async function inspectFiles(
  context: ProxyContext,
  groups: readonly (readonly string[])[],
  options: { key: string; value: string }[],
) {
  const fileGroups = groups.map((paths) => ({ paths: [...paths] }));
  const { status, inspections, groupCount } = await context.root.inspectFiles({ fileGroups, options });
  checkStatus(status);
  return { files: JSON.parse(inspections), fileCount: groupCount };
}
