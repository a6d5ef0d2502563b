import { expect, it } from "@jest/globals";
import { WeightedSlots } from "../src/index.ts";

it("lets in what fits, in the order of asking, and what is larger than all alone", async () => {
  const slots = new WeightedSlots(10);
  const entered: string[] = [];
  const take = async (name: string, bytes: number) => {
    const room = await slots.take(bytes);
    entered.push(name);
    return room;
  };
  const first = await take("6", 6);
  const waiting = [take("5", 5), take("1", 1), take("40", 40)];
  expect(entered).toEqual(["6"]);
  first[Symbol.dispose]();
  const rooms = [await waiting[0], await waiting[1]];
  expect(entered).toEqual(["6", "5", "1"]);
  for (const room of rooms) room[Symbol.dispose]();
  await waiting[2];
  expect(entered).toEqual(["6", "5", "1", "40"]);
});
