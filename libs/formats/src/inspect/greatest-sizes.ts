/** UTF-8 bytes of a text. Source: limits of Milvus. */
export const MAX_LENGTH = 65_535;

/** Elements of an array. Source: limits of Milvus. */
export const MAX_CAPACITY = 4096;
