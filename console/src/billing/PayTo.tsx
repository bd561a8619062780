import { Button, CopyButton, Group, Paper, Stack, Text } from "@mantine/core";
import { type Row, text } from "../api/lists";
import { useFormats } from "../i18n/format";
import { useBillingWords } from "./words";

/** What a transfer has to say so that it finds its invoice. */
export function PayTo({ invoice }: { invoice: Row }) {
  const w = useBillingWords();
  const { money } = useFormats();
  const open = text(invoice, "open");
  const shown = [
    { label: w("open"), value: money(open, text(invoice, "currency")), copied: open },
    { label: w("communication"), value: text(invoice, "communication"), copied: text(invoice, "communication") },
    { label: w("account"), value: [text(invoice, "iban"), text(invoice, "bic")].filter(Boolean).join(" · "), copied: text(invoice, "iban") },
    { label: w("to"), value: text(invoice, "payee"), copied: text(invoice, "payee") },
  ];
  return (
    <Paper withBorder p="md" maw={720}>
      <Stack gap="xs">
        {shown.filter(({ value }) => value !== "").map(({ label, value, copied }) => (
          <Group key={label} justify="space-between">
            <div><Text size="sm" c="dimmed">{label}</Text><Text fw={600} style={{ overflowWrap: "anywhere" }}>{value}</Text></div>
            <CopyButton value={copied}>{({ copied: done, copy }) => <Button size="xs" variant="default" onClick={copy} aria-label={`${w("copy")}: ${label}`}>{done ? w("copied") : w("copy")}</Button>}</CopyButton>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
