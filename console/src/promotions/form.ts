/** What a promotion may give, by what the platform calls it. */
export const KINDS = ["price_override", "free_units", "percent", "amount_off_document", "credit"] as const;
export type Kind = (typeof KINDS)[number];

/** Which parameter of the API says how much a kind gives. */
export const FIGURES: Record<Kind, "Price" | "Units" | "Percent" | "Amount"> = {
  price_override: "Price", free_units: "Units", percent: "Percent", amount_off_document: "Amount", credit: "Amount",
};

/** Whether a kind is of some services: of them it must name one, may name some, or none. */
export const ofItems = (kind: Kind): "must" | "may" | "no" => (kind === "percent" ? "may" : kind === "price_override" || kind === "free_units" ? "must" : "no");

/** The parameter for what the form has in its fields; those that are empty say nothing. */
export const FIELDS = { id: "Id", label: "Label", nl: "LabelNl", fr: "LabelFr", de: "LabelDe", code: "Code", starts: "Starts", ends: "Ends", months: "DurationMonths", group: "StackGroup", cap: "Cap", budget: "Budget" } as const;
export type Field = keyof typeof FIELDS;

export interface Draft {
  kind: Kind;
  figure: string;
  items: string[];
  who: string[];
  fields: Partial<Record<Field, string>>;
}

export const EMPTY: Draft = { kind: "percent", figure: "", items: [], who: ["new", "existing"], fields: {} };

/** What the API is asked for. */
export function form({ kind, figure, items, who, fields }: Draft): Record<string, string> {
  const given = Object.entries(FIELDS).map(([field, name]) => [name, fields[field as Field]?.trim() ?? ""] as const);
  return {
    ...Object.fromEntries(given.filter(([, value]) => value !== "")),
    Kind: kind,
    [FIGURES[kind]]: figure.trim(),
    ...(ofItems(kind) !== "no" && items.length > 0 && { Items: items.join(",") }),
    Eligibility: who.join(","),
  };
}
