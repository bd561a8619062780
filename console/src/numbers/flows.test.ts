import { expect, test } from "vitest";
import { targetsOf } from "./flows";

test("a flow can be bound where it answers, in production, in test, or in both", () => {
  const flow = (sid: string, published: number | null, tested: number | null) => ({ sid, name: sid.toLowerCase(), published_revision: published, environments: { test: { revision: tested } } });
  const urls = (flows: Parameters<typeof targetsOf>[0]) => targetsOf(flows).map(({ url }) => url);
  expect(urls([flow("FW1", 3, 4), flow("FW2", null, 1), flow("FW3", 2, null), flow("FW4", null, null)])).toEqual(["flow:FW1", "flow:FW1/test", "flow:FW2/test", "flow:FW3"]);
  expect(targetsOf([{ sid: "FW9", published_revision: 1 }])).toEqual([{ url: "flow:FW9", name: "FW9", sid: "FW9", isTest: false }]);
});
