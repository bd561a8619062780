import { Button, Group, NativeSelect, Paper, Stack, Textarea, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, post } from "../api/client";
import { text, useList } from "../api/lists";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFilters } from "../logs/useFilters";
import { Fault } from "../shell/Fault";
import { ListPage } from "../shell/ListPage";
import { Price, Status, When } from "../shell/show";

export default function Messages() {
  const { t } = useI18n();
  const { develop } = useMay();
  const { field, asked, view } = useFilters(["From", "To", "DateSent>", "DateSent<"] as const);
  return (
    <ListPage title={t("nav.messages")} resource="Messages" member="messages" live filters={asked} view={view} empty={t("messages.empty")}
      file={["sid", "date_created", "date_sent", "from", "to", "direction", "status", "error_code", "num_segments", "price", "price_unit", "body"]}
      above={
        <>
          {develop && <Send />}
          <Group align="end" role="group" aria-label={t("list.filter")}>
            <TextInput label={t("messages.fromFilter")} {...field("From")} />
            <TextInput label={t("messages.toFilter")} {...field("To")} />
            <TextInput type="date" label={t("field.since")} {...field("DateSent>")} />
            <TextInput type="date" label={t("field.until")} {...field("DateSent<")} />
          </Group>
        </>
      }
      columns={[
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        { label: t("field.from"), show: (row) => text(row, "from") },
        { label: t("field.to"), show: (row) => text(row, "to") },
        { label: t("field.body"), show: (row) => text(row, "body") },
        { label: t("field.status"), show: (row) => <Status row={row} /> },
        { label: t("field.price"), end: true, show: (row) => <Price row={row} /> },
      ]} />
  );
}

function Send() {
  const { t } = useI18n();
  const { account_sid } = useSession();
  const queries = useQueryClient();
  const numbers = useList("IncomingPhoneNumbers", "incoming_phone_numbers", {});
  const own = numbers.data?.pages.flatMap((page) => page.rows).map((row) => text(row, "phone_number")) ?? [];
  const [chosen, setChosen] = useState("");
  const [to, setTo] = useState("");
  const [body, setBody] = useState("");
  const from = chosen || own[0] || "";
  const send = useMutation({
    mutationFn: () => post(`${accountPath(account_sid)}/Messages.json`, { From: from, To: to, Body: body }),
    onSuccess: () => { setBody(""); return queries.invalidateQueries({ queryKey: ["list", "Messages"] }); },
  });
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); send.mutate(); }}>
        <Stack>
          <Title order={2} size="h4">{t("messages.new")}</Title>
          <Group grow align="start">
            <NativeSelect label={t("field.from")} value={from} onChange={(event) => setChosen(event.currentTarget.value)} data={own.length > 0 ? own : [{ value: "", label: t("list.none") }]} />
            <TextInput label={t("field.to")} type="tel" required value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          </Group>
          <Textarea label={t("field.body")} required maxLength={1600} autosize minRows={2} value={body} onChange={(event) => setBody(event.currentTarget.value)} />
          <Fault error={send.error} />
          <Group><Button type="submit" loading={send.isPending}>{t("messages.send")}</Button></Group>
        </Stack>
      </form>
    </Paper>
  );
}
