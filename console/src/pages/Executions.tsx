import { Anchor, NativeSelect, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useOne } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { named } from "../i18n/words";
import { channels, outcomes, revisionOf } from "../runs/terms";
import { useRunWords } from "../runs/words";
import { Fault } from "../shell/Fault";
import { ListPage } from "../shell/ListPage";
import { Status, When } from "../shell/show";

/** What a flow did, execution by execution. */
export default function Executions() {
  const { t, language } = useI18n();
  const w = useRunWords();
  const { sid = "" } = useParams();
  const { account_sid } = useSession();
  const [which, setWhich] = useState("");
  const flow = useOne(`${nativePath(account_sid)}/Flows/${encodeURIComponent(sid)}.json`);
  const state = (row: Row) => ({ status: text(row, "outcome") || text(row, "status") });
  return (
    <Stack>
      <Anchor component={Link} to="/flows" underline="always">{t("nav.flows")}</Anchor>
      <Fault error={flow.error} />
      <ListPage
        title={w("all", { name: text(flow.data, "name") || sid })}
        resource={`Flows/${encodeURIComponent(sid)}/Executions`}
        member="executions"
        face="native"
        live
        filters={{ Status: which }}
        empty={w("none")}
        above={<NativeSelect maw={240} label={w("show")} value={which} onChange={(event) => setWhich(event.currentTarget.value)} data={[{ value: "", label: w("show.all") }, { value: "active", label: w("active") }, { value: "ended", label: w("ended") }]} />}
        columns={[
          { label: w("began"), show: (row) => <Anchor component={Link} to={`/flows/${sid}/executions/${text(row, "sid")}`} underline="always"><When value={text(row, "date_created")} /></Anchor> },
          { label: w("contact"), show: (row) => text(row, "contact") },
          { label: w("channel"), show: (row) => named(channels, text(row, "channel"), language) },
          { label: w("outcome"), show: (row) => <><Status row={state(row)} words={outcomes} />{text(row, "error") && <Text size="xs">{text(row, "error")}</Text>}</> },
          { label: w("steps"), end: true, show: (row) => text(row, "steps") },
          { label: w("revision"), end: true, show: (row) => revisionOf(text(row, "revision"), w("draft")) },
        ]}
      />
    </Stack>
  );
}
