import { expect, test } from "vitest";
import { each } from "./each";

test("what fails is told, and the others are done all the same, one after the other", async () => {
  const [began, counts]: [string[], number[]] = [[], []];
  let running = 0;
  const failed = await each(["a", "b", "c"], async (item) => {
    running += 1;
    expect(running).toBe(1);
    began.push(item);
    await Promise.resolve();
    running -= 1;
    if (item === "b") throw new Error("not now");
  }, (done) => counts.push(done));
  expect([began, counts, failed]).toEqual([["a", "b", "c"], [1, 2, 3], [{ item: "b", why: "not now" }]]);
});
