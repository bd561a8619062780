import { expect, test } from "vitest";
import { END, typed, written } from "./text";

test("each side has its own line, takes back its own characters only, and ends it", () => {
  let lines = written([], "far", "Goeie\b\bdag");
  lines = written(lines, "near", "Hal");
  lines = written(lines, "far", `!${END}`);
  lines = written(lines, "near", `lo\r\n`);
  lines = written(lines, "near", "\b\b");
  lines = written(lines, "far", "\uFEFF\b?");
  expect(lines.map(({ by, text, open }) => `${by} ${text} ${open}`)).toEqual(["far Goedag! false", "near Hallo false", "far ? true"]);
});

test("empty lines are not shown, and old ones go", () => {
  expect(written([], "far", `${END}\n\n`)).toEqual([]);
  const many = written([], "far", `x${END}`.repeat(250));
  expect(many).toHaveLength(200);
});

test("what is sent makes the one text of the other", () => {
  expect(typed("", "a")).toBe("a");
  expect(typed("Hallo", "Hall")).toBe("\b");
  expect(typed("Hallo", "Hello")).toBe("\b\b\b\bello");
  expect(typed("👍", "👍é")).toBe("é");
  expect(typed("weg", "")).toBe("\b\b\b");
  expect(typed("zo", "zo")).toBe("");
});
