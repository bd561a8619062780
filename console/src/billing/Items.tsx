import { Anchor, Checkbox, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useBillingWords } from "./words";

/** The uses behind an invoice one by one, as files; other people's numbers may be shortened. */
export function Items({ path, number }: { path: string; number: string }) {
  const w = useBillingWords();
  const [masked, setMasked] = useState(false);
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">{w("items.about")}</Text>
      <Checkbox label={w("items.masked")} checked={masked} onChange={(event) => setMasked(event.currentTarget.checked)} />
      <Group gap="lg">
        {(["pdf", "csv"] as const).map((ending) => <Anchor key={ending} href={`${path}/Items.${ending}${masked ? "?Masked=true" : ""}`} download={`${number}-items.${ending}`} underline="always">{w("items.as", { format: ending.toUpperCase() })}</Anchor>)}
      </Group>
    </Stack>
  );
}
