import { Button, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { isRecord } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { spoken } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { Status, When } from "../shell/show";
import { Finding } from "./Finding";
import { trunkFindings } from "./findings";
import { useTrunkWords } from "./words";

const part = (row: Row, name: string): Row | null => {
  const value = row[name];
  return isRecord(value) && Object.keys(value).length > 0 ? value : null;
};

/** One trunk: how it stands, what is wrong, and the cure. */
export function Trunk({ trunk, base }: { trunk: Row; base: string }) {
  const w = useTrunkWords();
  const f = useFormats();
  const { develop } = useMay();
  const test = useChange();
  const name = text(trunk, "name");
  const max = text(trunk, "calls_max");
  const registration = part(trunk, "registration");
  const findings = rows(trunk["findings"]);
  return (
    <Paper withBorder p="md" component="article" aria-label={name}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Group><Title order={3} size="h4">{name}</Title><Status row={trunk} name="state" /><Text size="sm">{max && max !== "0" ? w("calls", { calls: text(trunk, "calls"), max }) : w("calls.unlimited", { calls: text(trunk, "calls") })}</Text></Group>
          {develop && <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate({ path: `${base}/${encodeURIComponent(name)}/Test.json`, form: {} })}>{w("test", { name })}</Button>}
        </Group>
        <Fault error={test.error} />
        {registration && (
          <Group gap="xs">
            <Text size="sm" c="dimmed">{w("registration")}</Text><Status row={registration} name="state" />
            <Text size="sm">{[text(registration, "sip_status") && `SIP ${text(registration, "sip_status")}`, text(registration, "registered_until") && w("registration.until", { date: f.moment(text(registration, "registered_until")) }), text(registration, "seen_as") && w("registration.seen", { address: text(registration, "seen_as") })].filter(Boolean).join(" · ")}</Text>
          </Group>
        )}
        {findings.length === 0 ? <Text size="sm" role="status">{w("well")}</Text> : findings.map((finding) => (
          <Finding key={`${text(finding, "kind")} ${text(finding, "what")}`} finding={finding} words={trunkFindings} />
        ))}
        <Addresses of={rows(trunk["addresses"])} title={`${name}: ${w("address")}`} />
        {rows(trunk["other_nodes"]).map((other) => <Elsewhere key={text(other, "node")} of={other} />)}
      </Stack>
    </Paper>
  );
}

/** How another node sees it. */
function Elsewhere({ of }: { of: Row }) {
  const { language } = useI18n();
  const w = useTrunkWords();
  const kinds = rows(of["findings"]).map((finding) => {
    const known = trunkFindings[text(finding, "kind")];
    return known ? spoken(known.means, language) : text(finding, "kind");
  });
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">{w("elsewhere", { node: text(of, "node") })}</Text><Status row={of} name="state" />
      <Text size="sm">{[w("calls.unlimited", { calls: text(of, "calls") }), ...kinds].join(" · ")}</Text>
      <When value={text(of, "date_updated")} />
    </Group>
  );
}

function Addresses({ of, title }: { of: Row[]; title: string }) {
  const { t } = useI18n();
  const w = useTrunkWords();
  if (of.length === 0) return null;
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": title } }}>
      <Table verticalSpacing="xs">
        <Table.Thead><Table.Tr><Table.Th>{w("address")}</Table.Th><Table.Th>{t("field.status")}</Table.Th><Table.Th>{w("since")}</Table.Th><Table.Th>{w("options")}</Table.Th><Table.Th>{w("invite")}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {of.map((address) => (
            <Table.Tr key={`${text(address, "transport")} ${text(address, "address")}`}>
              <Table.Td>{`${text(address, "transport").toUpperCase()} ${text(address, "address")}`}</Table.Td>
              <Table.Td><Status row={address} name="state" /></Table.Td>
              <Table.Td><When value={text(address, "since")} /></Table.Td>
              <Table.Td><Answer of={part(address, "options")} /></Table.Td>
              <Table.Td><Answer of={part(address, "invite")} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Answer({ of }: { of: Row | null }) {
  const w = useTrunkWords();
  if (!of) return <Text size="sm" c="dimmed">{w("never")}</Text>;
  return <Text size="sm">{text(of, "sip_status") || w("silent")} · <When value={text(of, "date")} /></Text>;
}
