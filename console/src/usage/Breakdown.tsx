import { Button, Group, NativeSelect, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, get, isRecord } from "../api/client";
import { csv, save } from "../api/csv";
import { type Row, listPath, rows, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Money } from "../shell/show";
import { decimal, sums } from "./figures";

const COLUMNS = ["value", "kind", "item", "class", "count", "billed", "minutes", "price", "price_unit"];
/** Where the names of what has a sid are listed. */
const NAMED = { application: ["Applications", "applications"], key: ["Keys", "keys"] } as const;

type By = "tag" | "number" | "application" | "key";
const isBy = (value: string): value is By => value === "tag" || value === "number" || value === "application" || value === "key";

/** What was used and what it cost by what it was for. */
export function Breakdown({ from }: { from: string }) {
  const { t } = useI18n();
  const f = useFormats();
  const { account_sid } = useSession();
  const [by, setBy] = useState<By>("number");
  const path = `${accountPath(account_sid)}/Usage/Breakdown.json?${new URLSearchParams({ By: by, StartDate: from })}`;
  const found = useQuery({
    queryKey: ["usage", path],
    queryFn: async () => {
      const answer = await get(path);
      return rows(isRecord(answer) ? answer["rows"] : []);
    },
  });
  const list = by === "application" || by === "key" ? NAMED[by] : null;
  const names = useQuery({
    queryKey: ["names", by, account_sid],
    enabled: list !== null,
    queryFn: async () => {
      const page = list && (await get(listPath(account_sid, list[0], {}, 1000)));
      const named = rows(isRecord(page) && list ? page[list[1]] : []);
      return new Map(named.map((row) => [text(row, "sid"), text(row, "friendly_name")]));
    },
  });
  const name = (row: Row) => names.data?.get(text(row, "value")) || text(row, "value");
  const shown = sums(found.data ?? []);
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{t("usage.byWhat")}</Title>
      <Group align="end" mb="sm">
        <NativeSelect label={t("usage.by")} value={by} onChange={(event) => { const { value } = event.currentTarget; if (isBy(value)) setBy(value); }}
          data={[{ value: "number", label: t("field.number") }, { value: "application", label: t("usage.application") }, { value: "key", label: t("usage.key") }, { value: "tag", label: t("usage.tag") }]} />
        <Button variant="default" disabled={shown.length === 0} onClick={() => save(`usage-${by}-${from}.csv`, csv(COLUMNS, found.data ?? []))}>{t("list.csv")}</Button>
      </Group>
      <Fault error={found.error ?? names.error} />
      {found.isSuccess && shown.length === 0 && <Text c="dimmed">{t(by === "tag" ? "usage.noTags" : "usage.empty")}</Text>}
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("usage.byWhat") } }}>
          <Table>
            <Table.Thead><Table.Tr><Table.Th>{t("usage.by")}</Table.Th><Table.Th>{t("usage.count")}</Table.Th><Table.Th>{t("field.price")}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {shown.map((sum) => (
                <Table.Tr key={sum.value}>
                  <Table.Td>{name({ value: sum.value })}</Table.Td><Table.Td>{f.number(String(sum.count))}</Table.Td>
                  <Table.Td><Money amount={decimal(sum.price)} currency="EUR" /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  );
}
