import { excerptOfList, ImportError } from "@sluice/errors";
import { checkStatus, type common, GrpcError } from "@sluice/rpc";

/** `UNAUTHENTICATED` and `PERMISSION_DENIED` of gRPC. */
const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;

/** A call that its caller may not make. Clients of gRPC expect a code rather than a Status; REST and uploads have forms of their own. */
export class AccessRefused extends GrpcError {
  /** Whether it is not known who calls; else who calls may not do this. */
  get isUnknown(): boolean {
    return this.code === UNAUTHENTICATED;
  }

  /** @param reason in Milvus's words */
  static unknownCaller(reason: string): AccessRefused {
    return new AccessRefused(UNAUTHENTICATED, reason);
  }

  /** Source: around-import §1.1. */
  static denied(privilege: string, user: string, dbName: string): AccessRefused {
    const reason = `Privilege${privilege}: permission deny to ${user} in the \`${dbName}\` database`;
    return new AccessRefused(PERMISSION_DENIED, reason);
  }

  /** Of a path, as the service says that has looked for it. */
  static ofPath(reason: string): AccessRefused {
    return new AccessRefused(PERMISSION_DENIED, reason);
  }

  /** Of a job whose files somebody whose roles are confined may not read. @param allowed what they may read */
  static outside(jobId: bigint, allowed: readonly string[]): AccessRefused {
    const all = excerptOfList(allowed) || "nothing";
    const reason = `job ${jobId} reads files outside of what the caller's roles may import from: ${all}`;
    return new AccessRefused(PERMISSION_DENIED, reason);
  }
}

/** @throws {AccessRefused} for files that the caller's roles do not reach; else as `checkStatus` */
export function checkPermitted(status: common.Status | undefined): void {
  try {
    checkStatus(status);
  } catch (error) {
    throw error instanceof ImportError && error.code === "path_denied" ? AccessRefused.ofPath(error.reason) : error;
  }
}
