import { expect, it } from "@jest/globals";
import { Body } from "../../src/http/catalog/body.ts";
import { quickSchema } from "../../src/http/catalog/schema-message.ts";

it("names that every object has are no types of vectors", () => {
  for (const vectorFieldType of ["constructor", "__proto__", "toString"]) {
    const body = new Body({ body: { vectorFieldType, dimension: 4 } });
    expect(() => quickSchema("c", body)).toThrow(`data type ${vectorFieldType} is invalid`);
  }
});
