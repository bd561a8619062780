/** Adds decimal texts exactly, without a float; empty where one of them is none, or there is none. */
export function sum(amounts: string[]): string {
  if (amounts.length === 0 || !amounts.every((amount) => /^\d+(\.\d+)?$/.test(amount))) return "";
  const places = Math.max(...amounts.map((amount) => amount.split(".")[1]?.length ?? 0));
  const whole = amounts.reduce((total, amount) => {
    const [units = "0", part = ""] = amount.split(".");
    return total + BigInt(units + part.padEnd(places, "0"));
  }, 0n);
  const digits = String(whole).padStart(places + 1, "0");
  return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
}
