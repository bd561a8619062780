import { Button, Group, NativeSelect, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useSession } from "../api/session";
import { languageNames, languages, useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { useContractWords } from "./words";

const kinds = ["consumer", "micro", "small", "nonprofit_small", "larger"] as const;

/** Parameter, property, and whether it has to be there; companies have the last three too. */
const fields = [
  ["LegalName", "legal_name", true], ["InvoiceEmail", "invoice_email", true], ["Street", "street", true], ["PostCode", "post_code", true],
  ["City", "city", true], ["Country", "country", true], ["NoticeEmail", "notice_email", false], ["Reference", "reference", false],
] as const;
const companies = [["EnterpriseNumber", "enterprise_number", true], ["LegalForm", "legal_form", false], ["Peppol", "peppol", false]] as const;

/** Who pays for the account. */
export function CustomerForm({ customer, path, done, label }: { customer: Row | null; path: string; done: () => void; label: string }) {
  const { language } = useI18n();
  const w = useContractWords();
  const { home_country } = useSession();
  const [kind, setKind] = useState(text(customer ?? undefined, "kind") || "consumer");
  const [spoken, setSpoken] = useState(text(customer ?? undefined, "language") || language);
  const [values, setValues] = useState<Record<string, string>>({});
  const save = useChange(done);
  const company = kind !== "consumer";
  const shown = [...fields, ...(company ? companies : [])];
  const valueOf = (name: string, property: string) => values[name] ?? (text(customer ?? undefined, property) || (name === "Country" ? home_country : ""));
  const isRequired = (name: string, always: boolean) => always && (name !== "EnterpriseNumber" || valueOf("Country", "country") === "BE");
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      save.mutate({ path, form: { Kind: kind, Language: spoken, ...Object.fromEntries(shown.map(([name, property]) => [name, valueOf(name, property)])) } });
    }}>
      <Stack maw={760}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NativeSelect label={w("kind")} value={kind} onChange={(event) => setKind(event.currentTarget.value)} data={kinds.map((value) => ({ value, label: w(`kind.${value}`) }))} />
          <NativeSelect label={w("Language")} value={spoken} onChange={(event) => setSpoken(event.currentTarget.value)} data={languages.map((value) => ({ value, label: languageNames[value] }))} />
          {shown.map(([name, property, always]) => (
            <TextInput key={name} label={w(name)} required={isRequired(name, always)} type={name.endsWith("Email") ? "email" : "text"} maxLength={200} value={valueOf(name, property)}
              {...(name === "Country" && { pattern: "[A-Za-z]{2}" })} {...(name === "Peppol" && { placeholder: "0208:0202239951" })}
              onChange={(event) => { const { value } = event.currentTarget; setValues((before) => ({ ...before, [name]: value })); }} />
          ))}
        </SimpleGrid>
        <Fault error={save.error} />
        <Group><Button type="submit" loading={save.isPending}>{label}</Button></Group>
      </Stack>
    </form>
  );
}
