import { Anchor, Button, Group, Paper, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { text } from "../api/lists";
import { useHandsets } from "../handsets/api";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { When } from "../shell/show";

/** The phones of the sandbox: those something happened to, and any other by its number. */
export default function Handsets() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const handsets = useHandsets();
  const [number, setNumber] = useState("+32470123456");
  return (
    <Stack>
      <Title order={1}>{t("nav.handsets")}</Title>
      <Text maw={720}>{t("handsets.about")}</Text>
      <Paper withBorder p="md">
        <form onSubmit={(event) => { event.preventDefault(); void navigate(`/handsets/${encodeURIComponent(number.replaceAll(/[\s./-]/g, ""))}`); }}>
          <Group align="end"><TextInput label={t("field.number")} type="tel" required pattern="\+[0-9 .\/\-]{4,24}" value={number} onChange={(event) => setNumber(event.currentTarget.value)} /><Button type="submit">{t("handsets.open")}</Button></Group>
        </form>
      </Paper>
      <Fault error={handsets.error} />
      {handsets.data?.length === 0 && <Paper withBorder p="xl"><Text ta="center" c="dimmed">{t("handsets.empty")}</Text></Paper>}
      {handsets.data && handsets.data.length > 0 && (
        <Table verticalSpacing="sm">
          <Table.Thead><Table.Tr><Table.Th>{t("field.number")}</Table.Th><Table.Th>{t("handset.texts")}</Table.Th><Table.Th>{t("nav.calls")}</Table.Th><Table.Th>{t("field.date")}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {handsets.data.map((handset) => {
              const phone = text(handset, "phone_number");
              return (
                <Table.Tr key={phone}>
                  <Table.Td><Anchor component={Link} to={`/handsets/${encodeURIComponent(phone)}`} underline="always">{phone}</Anchor></Table.Td>
                  <Table.Td>{text(handset, "messages")}</Table.Td>
                  <Table.Td>{text(handset, "calls")}</Table.Td>
                  <Table.Td><When value={text(handset, "date_used")} /></Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
