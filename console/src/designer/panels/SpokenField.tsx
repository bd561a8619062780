import { Checkbox, Fieldset, Stack } from "@mantine/core";
import { isObject, type Json } from "../model/document";
import { useFlow } from "../state/context";
import { useWords } from "../words";
import { TemplateField } from "./TemplateField";

/** A text that people hear or read: one for all, or one for each language of the flow. */
export function SpokenField({ label, description, value, onChange, onBlur }: { label: string; description: string; value: Json | undefined; onChange: (value: Json) => void; onBlur: () => void }) {
  const w = useWords();
  const flow = useFlow();
  const each = isObject(value) ? value : null;
  const languages = [...new Set([...(flow.languages ?? []), ...Object.keys(each ?? {})])];
  const common = { size: "xs" as const, description, onBlur };
  if (!each) {
    return (
      <Stack gap={4}>
        <TemplateField {...common} label={label} isExpression={false} value={typeof value === "string" ? value : ""} onChange={onChange} />
        {languages.length > 1 && <Checkbox size="xs" label={w("perLanguage")} checked={false} onChange={() => { onChange(Object.fromEntries(languages.map((language) => [language, typeof value === "string" ? value : ""]))); onBlur(); }} />}
      </Stack>
    );
  }
  return (
    <Fieldset legend={label} p="xs">
      <Stack gap="xs">
        {languages.map((language) => (
          <TemplateField key={language} {...common} label={`${label} (${language})`} description="" isExpression={false} value={String(each[language] ?? "")} onChange={(text) => onChange({ ...each, [language]: text })} />
        ))}
        <Checkbox size="xs" label={w("perLanguage")} checked onChange={() => { onChange(String(Object.values(each)[0] ?? "")); onBlur(); }} />
      </Stack>
    </Fieldset>
  );
}
