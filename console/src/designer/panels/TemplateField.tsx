import { ActionIcon, Button, Popover, Stack, Text, Textarea } from "@mantine/core";
import { IconBraces } from "@tabler/icons-react";
import { useRef } from "react";
import { samples } from "../model/samples";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";

interface Props { label: string; description: string; size: "xs"; value: string; isExpression: boolean; onChange: (text: string) => void; onBlur: () => void }

const FILTERS = "default, upper, lower, capitalize, trim, replace, split, join, first, last, length, round, int, float, abs, tojson, urlencode, date, spell, spell_phone";

/** A template or an expression, with the names it may use and what they held last. */
export function TemplateField({ label, description, size, value, isExpression, onChange, onBlur }: Props) {
  const { run } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const input = useRef<HTMLTextAreaElement>(null);
  const insert = (name: string) => {
    const at = input.current?.selectionStart ?? value.length;
    onChange(value.slice(0, at) + (isExpression ? name : `{{ ${name} }}`) + value.slice(input.current?.selectionEnd ?? at));
    input.current?.focus();
  };
  const help = (
    <Popover width={340} position="left" withArrow trapFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" size="sm" aria-label={`${w("template.help")}: ${label}`}><IconBraces size={14} aria-hidden /></ActionIcon>
      </Popover.Target>
      <Popover.Dropdown mah={360} style={{ overflowY: "auto" }}>
        <Stack gap={4}>
          <Text size="xs">{w("template.about")}</Text>
          {samples(flow, run).map(([name, sample]) => (
            <Button key={name} size="compact-xs" variant="subtle" justify="space-between" rightSection={<Text size="xs" truncate maw={120}>{sample}</Text>} onClick={() => insert(name)}>{name}</Button>
          ))}
          <Text size="xs">{w("template.filters", { list: FILTERS })}</Text>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
  return (
    <Textarea ref={input} label={label} description={description} size={size} autosize minRows={1} maxRows={8} value={value} onBlur={onBlur}
      rightSection={help} onChange={(event) => onChange(event.currentTarget.value)} {...(isExpression ? { ff: "monospace" } : {})} />
  );
}
