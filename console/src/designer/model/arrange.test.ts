import { describe, expect, test } from "vitest";
import { align, AXES, distribute, SIDES } from "./arrange";
import type { Flow } from "./document";
import { box } from "./geometry";

const ports = { say: [{ name: "done", fault: false }], menu: [{ name: "a", fault: false }, { name: "b", fault: false }, { name: "c", fault: false }], end: [] };
const flow: Flow = {
  name: "f",
  nodes: [
    { id: "a", type: "say", position: { x: 0, y: 0 } }, { id: "b", type: "menu", position: { x: 300, y: 50 } },
    { id: "c", type: "end", position: { x: 900, y: 400 } }, { id: "d", type: "end", position: { x: -500, y: -500 } },
  ],
};
const three = new Set(["a", "b", "c"]);
const boxesOf = (of: Flow) => of.nodes.filter(({ id }) => three.has(id)).map((node) => box(node, ports));

describe("arranging", () => {
  test.each(SIDES)("the %s of all are in line, and the others stay", (side) => {
    const done = align(flow, ports, three, side);
    const line = boxesOf(done).map(({ x, y, width, height }) => ({ left: x, center: x + width / 2, right: x + width, top: y, middle: y + height / 2, bottom: y + height })[side]);
    expect(Math.max(...line) - Math.min(...line)).toBeLessThanOrEqual(1);
    expect(done.nodes[3]).toBe(flow.nodes[3]);
  });

  test.each(AXES)("the gaps %s are equal, and the ends stay", (axis) => {
    const [at, size] = axis === "across" ? (["x", "width"] as const) : (["y", "height"] as const);
    const [a, b, c] = boxesOf(distribute(flow, ports, three, axis));
    if (!a || !b || !c) throw new Error("three are there");
    expect(Math.abs(b[at] - a[at] - a[size] - (c[at] - b[at] - b[size]))).toBeLessThanOrEqual(1);
    expect([a[at], c[at]]).toEqual([boxesOf(flow)[0]?.[at], boxesOf(flow)[2]?.[at]]);
  });

  test("one alone, or two to distribute, change nothing", () => {
    expect(align(flow, ports, new Set(["a"]), "left")).toBe(flow);
    expect(distribute(flow, ports, new Set(["a", "b"]), "down")).toBe(flow);
  });
});
