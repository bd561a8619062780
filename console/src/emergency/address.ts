import { isRecord } from "../api/client";
import { type Row, text } from "../api/lists";

/** The parts of an address, as the API names them in answers and in requests. */
export const parts = {
  street: "EmergencyStreet",
  house_number: "EmergencyHouseNumber",
  addition: "EmergencyAddition",
  postal_code: "EmergencyPostalCode",
  city: "EmergencyCity",
  country: "EmergencyCountry",
} as const;

export type Part = keyof typeof parts;
export const names = Object.keys(parts).filter((name): name is Part => name in parts);
/** What may be left out. */
export const optional: readonly Part[] = ["addition"];

/** The registered address of an account or client; `null` where there is none. */
export function addressOf(row: Row): Record<Part, string> | null {
  const address = row["emergency_address"];
  if (!isRecord(address) || !text(address, "street")) return null;
  return { street: text(address, "street"), house_number: text(address, "house_number"), addition: text(address, "addition"), postal_code: text(address, "postal_code"), city: text(address, "city"), country: text(address, "country") };
}

/** What is sent to register it. */
export function formOf(address: Record<Part, string>): Record<string, string> {
  return Object.fromEntries(names.map((name) => [parts[name], address[name]]));
}
