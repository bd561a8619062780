import { Anchor, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { get, isRecord } from "../api/client";
import { rows, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";

/** The flows of the account; each opens in the designer. */
export default function Flows() {
  const { t } = useI18n();
  const { account_sid } = useSession();
  const flows = useQuery({
    queryKey: ["flows"],
    queryFn: async () => {
      const answer = await get(`/restcomm/2012-04-24/Accounts/${account_sid}/Flows.json`);
      return rows(isRecord(answer) ? answer["flows"] : answer);
    },
  });
  return (
    <Stack>
      <Title order={1}>{t("nav.flows")}</Title>
      <Fault error={flows.error} />
      {flows.data?.length === 0 && <Paper withBorder p="xl"><Text ta="center" c="dimmed">{t("flows.empty")}</Text></Paper>}
      <Table><Table.Tbody>
        {flows.data?.map((flow) => (
          <Table.Tr key={text(flow, "sid")}><Table.Td><Anchor component={Link} to={`/flows/${text(flow, "sid")}`}>{text(flow, "friendly_name") || text(flow, "sid")}</Anchor></Table.Td></Table.Tr>
        ))}
      </Table.Tbody></Table>
    </Stack>
  );
}
