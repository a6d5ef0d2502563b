/** The dynamic field, which is not one of the proposed. */
export const META = "$meta";
