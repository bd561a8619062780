import { Button, Checkbox, Fieldset, Group, JsonInput, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useI18n } from "../../i18n";
import { isObject, type Json } from "../model/document";
import { empty, type Field, type Member } from "../model/form";
import { useWords } from "../words";
import { hint } from "../words/hints";
import { MapField } from "./MapField";
import { SoundPicker } from "./Sounds";
import { SpokenField } from "./SpokenField";
import { TemplateField } from "./TemplateField";

export type Path = readonly (string | number)[];
export interface Form {
  /** `undefined` leaves the value out. */
  set: (path: Path, value: Json | undefined) => void;
  /** The field is left: what was typed is one step back. */
  done: () => void;
}
interface Shown { field: Field; value: Json | undefined; path: Path; label: string; description: string; form: Form }

export function Members({ members, value, path, form }: { members: readonly Member[]; value: Json | undefined; path: Path; form: Form }) {
  const w = useWords();
  const { language } = useI18n();
  const values = isObject(value) ? value : {};
  return (
    <Stack gap="sm">
      {members.map(({ name, field, description }) => (
        <FormField key={name} field={field} value={values[name]} path={[...path, name]} label={w.term("prop", name)} description={hint(description, language)} form={form} />
      ))}
    </Stack>
  );
}

/** One property, drawn by what the schema says of it. */
export function FormField({ field, value, path, label, description, form }: Shown) {
  const w = useWords();
  const set = (next: Json | undefined) => form.set(path, next);
  const common = { label, description, size: "xs" as const, onBlur: form.done };
  switch (field.kind) {
    case "text":
      if (field.role !== "plain") {
        return <TemplateField {...common} isExpression={field.role === "expression"} value={typeof value === "string" ? value : ""} onChange={(text) => set(text === "" && field.isOptional ? undefined : text)} />;
      }
      return <TextInput {...common} value={typeof value === "string" ? value : ""} onChange={(event) => set(event.currentTarget.value === "" && field.isOptional ? undefined : event.currentTarget.value)} />;
    case "number":
      return <NumberInput {...common} allowDecimal={false} {...(field.min === null ? {} : { min: field.min })} value={typeof value === "number" ? value : ""} onChange={(next) => set(typeof next === "number" ? next : undefined)} />;
    case "flag":
      return <Checkbox size="xs" label={label} description={description} checked={value === true} onChange={(event) => { set(event.currentTarget.checked); form.done(); }} />;
    case "choice":
      return (
        <Select {...common} clearable={field.isOptional} allowDeselect={false} value={typeof value === "string" ? value : field.isOptional ? null : (field.options[0] ?? null)}
          data={field.options.map((option) => ({ value: option, label: w.term("value", option) }))} onChange={(next) => { set(next ?? undefined); form.done(); }} />
      );
    case "list":
      return <ListField field={field.item} value={value} path={path} label={label} description={description} form={form} />;
    case "object":
      return <Fieldset legend={label} p="xs"><Members members={field.members} value={value} path={path} form={form} /></Fieldset>;
    case "variants":
      return <Variants field={field} value={value} path={path} label={label} form={form} />;
    case "map":
      return <MapField label={label} description={description} value={isObject(value) ? value : {}} onChange={(next) => set(next)} onBlur={form.done} />;
    case "spoken":
      return <SpokenField label={label} description={description} value={value} onChange={set} onBlur={form.done} />;
    case "json":
      return <JsonInput {...common} autosize validationError={w("notSet")} key={JSON.stringify(path)} defaultValue={value === undefined ? "" : JSON.stringify(value, null, 2)}
        onChange={(text) => {
          try {
            set(text.trim() === "" ? undefined : JSON.parse(text));
          } catch {
            // Half-typed JSON is shown as wrong by the field and not yet taken.
          }
        }} />;
  }
}

function Variants({ field, value, path, label, form }: { field: Extract<Field, { kind: "variants" }>; value: Json | undefined; path: Path; label: string; form: Form }) {
  const w = useWords();
  const kinds = Object.keys(field.variants);
  const chosen = isObject(value) && typeof value[field.by] === "string" ? String(value[field.by]) : (kinds[0] ?? "");
  const choose = (kind: string | null) => {
    const members = field.variants[kind ?? ""] ?? [];
    form.set(path, { [field.by]: kind ?? "", ...Object.fromEntries(members.map((member) => [member.name, member.name === "seconds" ? 1 : empty(member.field)])
      .filter(([, start], at) => start !== "" || members[at]?.field.kind === "spoken")) });
    form.done();
  };
  return (
    <Stack gap="xs">
      <Select size="xs" label={label} allowDeselect={false} value={chosen} onChange={choose} data={kinds.map((kind) => ({ value: kind, label: w.term("value", kind) }))} />
      {chosen === "play" && <SoundPicker value={isObject(value) ? value["url"] : undefined} onChange={(url) => { form.set([...path, "url"], url); form.done(); }} />}
      <Members members={field.variants[chosen] ?? []} value={value} path={path} form={form} />
    </Stack>
  );
}

function ListField({ field, value, path, label, description, form }: Shown) {
  const w = useWords();
  const list = Array.isArray(value) ? value : [];
  return (
    <Fieldset legend={label} p="xs">
      <Stack gap="sm">
        {list.map((entry, at) => (
          <Group key={at} align="flex-start" wrap="nowrap" gap="xs">
            <div style={{ flex: 1, minWidth: 0 }}>
              <FormField field={field} value={entry} path={[...path, at]} label={`${label} ${at + 1}`} description={field.kind === "object" ? "" : description} form={form} />
            </div>
            <Button size="compact-xs" variant="default" aria-label={`${w("remove")}: ${label} ${at + 1}`} onClick={() => { form.set([...path, at], undefined); form.done(); }}><IconTrash size={14} aria-hidden /></Button>
          </Group>
        ))}
        <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => { form.set([...path, list.length], empty(field)); form.done(); }}>
          {w("addEntry", { name: label })}
        </Button>
      </Stack>
    </Fieldset>
  );
}
