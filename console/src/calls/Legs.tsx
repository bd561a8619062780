import { Anchor, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { accountPath, get, isRecord } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Money, Price, Status } from "../shell/show";
import { sum } from "./sum";
import { useParties } from "./useParties";
import { useCallWords } from "./words";

/** The calls that a call made, with what each of them cost. */
export function useLegs(sid: string, refetchInterval: number) {
  const { account_sid } = useSession();
  return useQuery({
    queryKey: ["call", sid, "legs"],
    refetchInterval,
    queryFn: async (): Promise<Row[]> => {
      const page = await get(`${accountPath(account_sid)}/Calls.json?${new URLSearchParams({ ParentCallSid: sid, PageSize: "100" })}`);
      return rows(isRecord(page) ? page["calls"] : []).toReversed();
    },
  });
}

/** What the calls that a call made have cost, and all of them with it. */
export function Legs({ legs, own }: { legs: Row[]; own: Row }) {
  const { t } = useI18n();
  const w = useCallWords();
  const { number } = useFormats();
  const party = useParties();
  if (legs.length === 0) return null;
  const total = sum([own, ...legs].map((row) => text(row, "price").replace(/^-/, "")).filter(Boolean));
  const unit = [own, ...legs].map((row) => text(row, "price_unit")).find(Boolean) ?? "";
  return (
    <>
      <Text fw={600} id="legs">{w("legs")}</Text>
      <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-labelledby": "legs" } }}>
        <Table>
          <Table.Thead><Table.Tr><Table.Th>{t("field.to")}</Table.Th><Table.Th>{t("field.status")}</Table.Th><Table.Th>{t("field.duration")}</Table.Th><Table.Th>{t("field.price")}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {legs.map((row) => (
              <Table.Tr key={text(row, "sid")}>
                <Table.Td><Anchor component={Link} to={`/calls/${text(row, "sid")}`} underline="always">{party(text(row, "to"))}</Anchor></Table.Td>
                <Table.Td><Status row={row} /></Table.Td>
                <Table.Td>{number(text(row, "duration") || "0")}</Table.Td>
                <Table.Td><Price row={row} /></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot><Table.Tr><Table.Th colSpan={3}>{w("legs.total")}</Table.Th><Table.Th>{total && <Money amount={total} currency={unit} />}</Table.Th></Table.Tr></Table.Tfoot>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
