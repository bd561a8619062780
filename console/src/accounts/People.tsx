import { Alert, Button, Code, Group, List, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isRecord, postJson } from "../api/client";
import { text } from "../api/lists";
import { useRows } from "../api/rows";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";

const roles = ["administrator", "developer", "provisioning-agent", "read-only"] as const;
const roleOf = (name: string) => roles.find((known) => known === name) ?? "read-only";

/** Who may sign in to an account below, and letting the first ones in: they manage the others themselves. */
export function PeopleBelow({ account }: { account: string }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const path = `/console/api/accounts/${account}/people`;
  const people = useRows(path, "people");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<string>("administrator");
  const invite = useMutation({ mutationFn: () => postJson(path, { email, role }), onSuccess: () => { setEmail(""); return queries.invalidateQueries({ queryKey: ["rows", path] }); } });
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">{t("nav.people")}</Title>
      {people.data?.length === 0 && <Text size="sm" c="dimmed">{t("people.noneBelow")}</Text>}
      {people.data && people.data.length > 0 && <List size="sm">{people.data.map((person) => <List.Item key={text(person, "sid")}>{`${text(person, "email")} · ${t(`role.${roleOf(text(person, "role"))}`)}${person["invited"] === true ? ` · ${t("people.invited")}` : ""}`}</List.Item>)}</List>}
      <form onSubmit={(event) => { event.preventDefault(); invite.mutate(); }}>
        <Group align="end">
          <TextInput label={t("field.email")} type="email" required value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <NativeSelect label={t("field.role")} value={role} onChange={(event) => setRole(event.currentTarget.value)} data={roles.map((value) => ({ value, label: t(`role.${value}`) }))} />
          <Button type="submit" variant="default" loading={invite.isPending}>{t("people.invite")}</Button>
        </Group>
      </form>
      <Fault error={people.error ?? invite.error} />
      {isRecord(invite.data) && <Alert variant="outline" role="status">{t("people.link")} <Code style={{ overflowWrap: "anywhere" }}>{text(invite.data, "link")}</Code></Alert>}
    </Stack>
  );
}
