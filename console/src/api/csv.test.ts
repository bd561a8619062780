import { expect, test } from "vitest";
import { cell, csv } from "./csv";

test("nothing in a cell is a formula, and nothing ends it early", () => {
  expect(["=1+1", "+3225880100", "-1", "@x", "\tx"].map(cell)).toEqual(["'=1+1", "'+3225880100", "'-1", "'@x", "'\tx"]);
  expect(cell('a "b", c\nd')).toBe('"a ""b"", c\nd"');
  expect(cell('="x"')).toBe(`"'=""x"""`);
});

test("a file has a heading and a line for each row", () => {
  expect(csv(["sid", "body"], [{ sid: "SM1", body: "Ja, graag" }, { sid: "SM2" }])).toBe('sid,body\r\nSM1,"Ja, graag"\r\nSM2,\r\n');
});
