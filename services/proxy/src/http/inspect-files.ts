import type { importing } from "@sluice/rpc";
import { checkPermitted } from "../access/access-refused.ts";
import type { ProxyContext } from "../context.ts";

/** What files hold, and which collection would take them. @param scope what the caller may read; everything unless given */
export async function inspectFiles(
  context: ProxyContext,
  groups: readonly (readonly string[])[],
  options: { key: string; value: string }[],
  scope?: importing.SourceScope,
) {
  const fileGroups = groups.map((paths) => ({ paths: [...paths] }));
  const { status, inspections, groupCount } = await context.root.inspectFiles({ fileGroups, options, scope });
  checkPermitted(status);
  return { files: JSON.parse(inspections), fileCount: groupCount };
}
