/** A call that its caller may not make; each protocol has its own form for it. */
export class AccessRefused extends Error {
  /** Whether it is not known who calls; else who calls may not do this. */
  readonly isUnknown: boolean;

  private constructor(reason: string, isUnknown: boolean) {
    super(reason);
    this.isUnknown = isUnknown;
  }

  /** @param reason in Milvus's words */
  static unknownCaller(reason: string): AccessRefused {
    return new AccessRefused(reason, true);
  }

  /** Source: around-import §1.1. */
  static denied(privilege: string, user: string, dbName: string): AccessRefused {
    return new AccessRefused(`Privilege${privilege}: permission deny to ${user} in the \`${dbName}\` database`, false);
  }
}
