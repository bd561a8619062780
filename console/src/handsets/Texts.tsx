import { Box, Button, Group, Paper, Select, Stack, Text, Textarea, Title } from "@mantine/core";
import { useState } from "react";
import { text } from "../api/lists";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { When } from "../shell/show";
import { useAct, useTexts } from "./api";

/** The texts on a phone, as a phone shows them, and writing one. */
export function Texts({ number, rented }: { number: string; rented: string[] }) {
  const { t } = useI18n();
  const texts = useTexts(number);
  const [chosen, setChosen] = useState<string | null>(null);
  const [body, setBody] = useState("");
  const write = useAct(number, () => setBody(""));
  const to = chosen ?? rented[0] ?? null;
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">{t("handset.texts")}</Title>
      <Fault error={texts.error} />
      <Stack gap="xs" mah={420} style={{ overflowY: "auto" }} tabIndex={0} role="log" aria-label={t("handset.texts")}>
        {texts.data?.length === 0 && <Text c="dimmed">{t("handset.noTexts")}</Text>}
        {texts.data?.toReversed().map((message) => {
          const came = text(message, "direction") === "incoming";
          return (
            <Box key={text(message, "sid")} maw="85%" style={{ alignSelf: came ? "flex-start" : "flex-end" }}>
              <Paper withBorder p="xs" radius="lg" bg={came ? "var(--mantine-color-default-hover)" : "var(--mantine-color-body)"}>
                <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text(message, "body")}</Text>
              </Paper>
              <Text size="xs" c="dimmed" ta={came ? "left" : "right"}>{came ? text(message, "from") : t("handset.to", { number: text(message, "to") })} · <When value={text(message, "date_created")} /></Text>
            </Box>
          );
        })}
      </Stack>
      <form onSubmit={(event) => { event.preventDefault(); if (to) write.mutate({ path: "/Messages", form: { To: to, Body: body } }); }}>
        <Stack gap="xs" mt="md">
          <Select label={t("field.to")} data={rented} value={to} onChange={setChosen} placeholder={t("list.none")} allowDeselect={false} />
          <Textarea label={t("field.body")} required maxLength={1600} autosize minRows={2} value={body} onChange={(event) => setBody(event.currentTarget.value)} />
          <Fault error={write.error} />
          <Group><Button type="submit" disabled={!to} loading={write.isPending}>{t("handset.write")}</Button></Group>
        </Stack>
      </form>
    </Paper>
  );
}
