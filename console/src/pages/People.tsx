import { Alert, Anchor, Button, Code, Group, NativeSelect, Stack, Table, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { get, isRecord, postJson, remove } from "../api/client";
import { rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";

const roles = ["administrator", "developer", "provisioning-agent", "read-only"] as const;
const API = "/console/api/people";

/** A role that is given and taken on the command line alone. */
const isOfficer = (person: Record<string, unknown>) => text(person, "role") === "lawful-officer";

/** Who may sign in, and as what. */
export default function People() {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("developer");
  const people = useQuery({ queryKey: ["people"], queryFn: async () => rows(await get(API)) });
  const onSuccess = () => Promise.all([queries.invalidateQueries({ queryKey: ["people"] }), queries.invalidateQueries({ queryKey: ["audit"] })]);
  const invite = useMutation({ mutationFn: () => postJson(API, { email, role }), onSuccess });
  const change = useMutation({ mutationFn: (next: { sid: string; role: string }) => postJson(`${API}/${next.sid}`, { role: next.role }), onSuccess });
  const drop = useMutation({ mutationFn: (sid: string) => remove(`${API}/${sid}`), onSuccess });
  const options = roles.map((value) => ({ value, label: t(`role.${value}`) }));
  return (
    <Stack>
      <Title order={1}>{t("nav.people")}</Title>
      <form onSubmit={(event) => { event.preventDefault(); invite.mutate(); }}>
        <Group align="end">
          <TextInput label={t("field.email")} type="email" required value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <NativeSelect label={t("field.role")} value={role} onChange={(event) => setRole(event.currentTarget.value)} data={options} />
          <Button type="submit" loading={invite.isPending}>{t("people.invite")}</Button>
        </Group>
      </form>
      {isRecord(invite.data) && <Alert variant="outline" role="status">{t("people.link")} <Code>{text(invite.data, "link")}</Code></Alert>}
      <Fault error={people.error ?? invite.error ?? change.error ?? drop.error} />
      <Table>
        <Table.Thead><Table.Tr><Table.Th>{t("field.email")}</Table.Th><Table.Th>{t("field.role")}</Table.Th><Table.Th>{t("field.action")}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {people.data?.map((person) => (
            <Table.Tr key={text(person, "sid")}>
              <Table.Td>{text(person, "email")}{person["invited"] === true ? ` (${t("people.invited")})` : ""}</Table.Td>
              <Table.Td>{isOfficer(person) ? t("role.lawful-officer") : <NativeSelect aria-label={t("field.role")} value={text(person, "role")} data={options} onChange={(event) => change.mutate({ sid: text(person, "sid"), role: event.currentTarget.value })} />}</Table.Td>
              <Table.Td>{!isOfficer(person) && <Group gap="xs">{(person["second_factor"] === true || Number(person["passkeys"]) > 0) && <Button size="xs" variant="default" onClick={() => drop.mutate(`${text(person, "sid")}/second-factor`)}>{t("factor.reset", { name: text(person, "email") })}</Button>}<Button size="xs" variant="outline" color="red" onClick={() => drop.mutate(text(person, "sid"))}>{t("people.remove", { name: text(person, "email") })}</Button></Group>}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Anchor component={Link} to="/audit" underline="always">{t("people.audit")}</Anchor>
    </Stack>
  );
}
