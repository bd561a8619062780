import { Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { useMaskPaths } from "./api";
import { useMaskWords } from "./words";

/** The two who meet, and the number each of them calls. */
export function Participants({ base, people, open }: { base: string; people: UseQueryResult<Row[], Error>; open: boolean }) {
  const { t } = useI18n();
  const w = useMaskWords();
  const { develop } = useMay();
  const path = useMaskPaths();
  const [number, setNumber] = useState("");
  const [name, setName] = useState("");
  const add = useChange(() => { setNumber(""); setName(""); });
  const remove = useChange();
  const count = people.data?.length ?? 0;
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("people")}</Title>
      <Stack>
        {develop && open && count < 2 && (
          <form onSubmit={(event) => { event.preventDefault(); add.mutate({ path: path(`${base}/participants`), form: { identifier: number.replaceAll(" ", ""), ...(name && { friendlyName: name }) } }); }}>
            <Group align="end">
              <TextInput type="tel" label={w("people.number")} required placeholder="+32…" value={number} onChange={(event) => setNumber(event.currentTarget.value)} />
              <TextInput label={w("name")} maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
              <Button type="submit" loading={add.isPending}>{w("people.add")}</Button>
            </Group>
          </form>
        )}
        <Fault error={add.error ?? remove.error} />
        {open && count === 1 && <Text>{w("people.one")}</Text>}
        <Rows query={people} title={w("people")} empty={w("people.none")} columns={[
          { label: w("name"), show: (row) => text(row, "friendlyName") || t("list.none") },
          { label: w("people.number"), show: (row) => text(row, "identifier") },
          { label: w("people.mask"), show: (row) => text(row, "maskedNumber") },
          ...(develop ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="outline" color="red" onClick={() => remove.mutate({ path: path(`${base}/participants/${text(row, "sid")}`) })}>{w("people.remove", { name: text(row, "friendlyName") || text(row, "identifier") })}</Button> }] : []),
        ]} />
      </Stack>
    </section>
  );
}
