import { Anchor, Button, Checkbox, Group, Paper, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { type Row, rows, text } from "../api/lists";
import { useChange, useOne } from "../api/rows";
import { useMay } from "../api/session";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { useContractWords } from "./words";

const label = (terms: Row) => `${text(terms, "id")}/${text(terms, "version")}`;

/** The terms the contract is under, and changes of them: from when they hold, and that they may be accepted or left because of. */
export function TermsStanding({ path }: { path: string }) {
  const w = useContractWords();
  const standing = useOne(`${path}/Terms.json`);
  const changes = rows(standing.data?.["changes"]);
  const held = rows(standing.data?.["terms"]);
  return (
    <Stack gap="xs">
      <Fault error={standing.error} />
      {standing.data && held.length === 0 && <Text c="dimmed">{w("terms.none.held")}</Text>}
      {held.map((terms) => <Documents key={label(terms)} terms={terms} />)}
      {changes.map((change) => <Change key={text(change, "sid")} change={change} path={path} />)}
    </Stack>
  );
}

const Documents = ({ terms }: { terms: Row }) => <Text>{text(terms, "url") ? <Anchor href={text(terms, "url")} target="_blank" rel="noreferrer" underline="always">{label(terms)}</Anchor> : label(terms)}</Text>;

function Change({ change, path }: { change: Row; path: string }) {
  const w = useContractWords();
  const f = useFormats();
  const { develop } = useMay();
  const [ticked, setTicked] = useState(false);
  const accept = useChange();
  const named = rows(change["terms"]).map(label);
  const statement = w("terms.statement", { names: named.join(", ") });
  const accepted = text(change, "date_accepted");
  const exit = text(change, "date_exit_right_ends");
  return (
    <Paper withBorder p="md" maw={760}>
      <Stack gap="xs">
        <Text fw={600}>{w("notice", { date: f.instantDay(text(change, "date_effective")), announced: f.instantDay(text(change, "date_announced")) })}</Text>
        {rows(change["terms"]).map((terms) => <Documents key={label(terms)} terms={terms} />)}
        <Text style={{ whiteSpace: "pre-line" }}>{text(change, "changes")}</Text>
        <Text size="sm">{w("terms.silence")}</Text>
        {exit && <Text size="sm">{w("notice.exit", { date: f.instantDay(exit) })}</Text>}
        {accepted && <Text size="sm" fw={600}>{w("terms.accepted", { date: f.moment(accepted) })}</Text>}
        {!accepted && develop && (
          <form onSubmit={(event) => { event.preventDefault(); accept.mutate({ path: `${path}/Terms/${text(change, "sid")}.json`, form: { Accept: String(ticked), Statement: statement, Terms: named.join(",") } }); }}>
            <Stack gap="xs">
              <Checkbox label={statement} checked={ticked} onChange={(event) => setTicked(event.currentTarget.checked)} />
              <Fault error={accept.error} />
              <Group><Button type="submit" variant="default" disabled={!ticked} loading={accept.isPending}>{w("terms.accept")}</Button></Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Paper>
  );
}
