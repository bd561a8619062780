import { expect, test } from "vitest";
import { base64, fileName } from "./file";

test("file names have nothing in them that means something to a file system", () => {
  expect(["Front desk", "../../etc", "a/b\\c:d", "…", "Öffnungszeiten 2"].map(fileName)).toEqual(["Front-desk", "etc", "a-b-c-d", "flow", "Öffnungszeiten-2".normalize("NFKD").replace(/[^\p{L}\p{N}._-]+/gu, "-")]);
});

test("bytes of any length become base64", async () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
  expect(await base64(new Blob([bytes]))).toBe(Buffer.from(bytes).toString("base64"));
  expect(await base64(new Blob([]))).toBe("");
});
