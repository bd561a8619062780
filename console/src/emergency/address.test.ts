import { expect, test } from "vitest";
import { addressOf, formOf } from "./address";

test("an address is read as the API shows it, and sent as it takes it", () => {
  const shown = { emergency_address: { country: "BE", postal_code: "1030", city: "Brussel", street: "Koning Albert II-laan", house_number: "27", addition: null, name: null } };
  const address = addressOf(shown);
  expect(address && formOf(address)).toEqual({ EmergencyStreet: "Koning Albert II-laan", EmergencyHouseNumber: "27", EmergencyAddition: "", EmergencyPostalCode: "1030", EmergencyCity: "Brussel", EmergencyCountry: "BE" });
  expect(addressOf({ emergency_address: { street: null } })).toBeNull();
  expect(addressOf({})).toBeNull();
});
