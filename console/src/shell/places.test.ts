import { expect, test } from "vitest";
import { places } from "./places";

const pages = [{ path: "/queues", name: "Files d’attente" }, { path: "/executions", name: "Exécutions" }, { path: "/calls", name: "Appels" }, { path: "/profile", name: "Mon profil" }];
const named = { call: (sid: string) => `call ${sid}`, to: (number: string) => `to ${number}`, from: (number: string) => `from ${number}` };
const found = (wanted: string) => places(wanted, pages, named).map(({ path }) => path);

test("pages are found by any part of their name, without accents, the beginning first", () => {
  expect(found("exec")).toEqual(["/executions"]);
  expect(found("FIL")).toEqual(["/queues", "/profile"]);
  expect(found("")).toHaveLength(4);
  expect(found("nothing")).toEqual([]);
});

test("a number leads to its calls and a sid to its call", () => {
  expect(found("+32 470 12.34.56")).toEqual(["/calls?To=%2B32470123456", "/calls?From=%2B32470123456"]);
  const sid = `CA${"0a".repeat(16)}`;
  expect(found(` ${sid} `)).toEqual([`/calls/${sid}`]);
});
