import { describe, expect, test } from "vitest";
import { cells, columns, KINDS, periodOf, reportPath } from "./kinds";
import { names } from "./words";

describe("reports", () => {
  test("every column has a name and a way of being written", () => {
    for (const name of KINDS.flatMap((kind) => columns[kind])) expect([name, name in cells, name in names]).toEqual([name, true, true]);
  });

  test("a period before anybody chooses is this month, or three months for the regulator", () => {
    const today = new Date("2027-01-15T10:00:00Z");
    expect(periodOf("Revenue", today)).toEqual({ from: "2027-01-01", to: "2027-01-15" });
    expect(periodOf("Regulator", today)).toEqual({ from: "2026-11", to: "2027-01" });
  });

  test("only reports with a period are asked with one", () => {
    expect(reportPath("/a", "Revenue", { from: "2027-01-01", to: "2027-01-02" }, "csv")).toBe("/a/Reports/Revenue.csv?From=2027-01-01&To=2027-01-02");
    expect(reportPath("/a", "Margin", periodOf("Margin", new Date("2027-01-15T10:00:00Z")), "csv")).toBe("/a/Reports/Margin.csv?Month=2027-01");
    expect(reportPath("/a", "AgedDebt", { from: "x", to: "y" }, "json")).toBe("/a/Reports/AgedDebt.json");
  });
});
