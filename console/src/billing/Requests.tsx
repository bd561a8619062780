import { Anchor, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Status } from "../shell/show";
import { useBillingWords } from "./words";

/** Credit notes above the limit of one person: somebody else approves or refuses them. */
export function Requests({ path, currency }: { path: string; currency: string }) {
  const w = useBillingWords();
  const f = useFormats();
  const requests = useRows(`${path}/CreditRequests.json`, "credit_requests");
  const decide = useChange();
  if (!requests.data || requests.data.length === 0) return <Fault error={requests.error} />;
  const say = (sid: string, approve: boolean) => decide.mutate({ path: `${path}/CreditRequests/${sid}.json`, form: { Approve: String(approve) } });
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("requests")}</Title>
      <Stack gap="xs">
        <Fault error={decide.error} />
        {requests.data.map((request) => {
          const sid = text(request, "sid");
          return (
            <Paper key={sid} withBorder p="md">
              <Group><Status row={request} /><Text>{w("requests.by", { gross: f.money(text(request, "gross"), currency), user: text(request, "asked_by"), reason: text(request, "reason") })}</Text></Group>
              {text(request, "credit_note_sid") ? <Anchor component={Link} to={`/invoices/${text(request, "credit_note_sid")}`} underline="always">{w("credit_note")}</Anchor>
                : !text(request, "decided_by") && <Group mt="xs"><Button size="xs" onClick={() => say(sid, true)}>{w("requests.approve")}</Button><Button size="xs" variant="default" onClick={() => say(sid, false)}>{w("requests.refuse")}</Button></Group>}
            </Paper>
          );
        })}
      </Stack>
    </section>
  );
}
