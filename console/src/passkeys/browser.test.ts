import { expect, test } from "vitest";
import { base64url, bytes, isAddress } from "./browser";

test("bytes are written as the standard writes them, and read back", () => {
  const all = Uint8Array.from({ length: 256 }, (_, at) => at);
  const text = base64url(all.buffer);
  expect(text).not.toMatch(/[+/=]/);
  expect(bytes(text)).toEqual(all);
  expect(base64url(Uint8Array.of(255, 254).buffer)).toBe("__4");
});

test("an address is no name", () => {
  expect(["127.0.0.1", "[::1]", "::1"].map(isAddress)).toEqual([true, true, true]);
  expect(["localhost", "flexio.example", "1.example"].map(isAddress)).toEqual([false, false, false]);
});
